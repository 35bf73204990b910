import { Injectable } from '@nestjs/common';
import { collectDefaultMetrics, Counter, Histogram, Registry } from 'prom-client';

/** The process's Prometheus registry. Features make their own counters with `new Counter({ …, registers: [metrics.registry] })`. */
@Injectable()
export class Metrics {
  readonly registry = new Registry();
  private readonly statements = new Histogram({
    name: 'tactful_sql_seconds',
    help: 'Time of SQL statements by name',
    labelNames: ['statement'],
    buckets: [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10],
    registers: [this.registry],
  });
  readonly decisions = new Counter({ name: 'tactful_decisions_total', help: 'Decisions of the gate', labelNames: ['verdict', 'primary'], registers: [this.registry] });
  readonly messages = new Counter({ name: 'tactful_messages_total', help: 'Messages by what became of them', labelNames: ['state'], registers: [this.registry] });
  /** Statements since the start: benchmarks report them per message. */
  statementCount = 0;

  constructor() {
    collectDefaultMetrics({ register: this.registry });
  }

  readonly observeStatement = (name: string, milliseconds: number): void => {
    this.statementCount += 1;
    this.statements.observe({ statement: name }, milliseconds / 1000);
  };
}
