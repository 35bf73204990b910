import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Clock } from '../../platform/clock/clock.js';
import { Rhythms } from '../../platform/schedule/rhythms.js';
import { LinkMailsService } from './link-mails.service.js';

const TICK_MS = 1_000;

/** Somebody sits at a page and waits for this mail. */
@Injectable()
export class LinkMailsScheduler implements OnApplicationBootstrap {
  constructor(
    private readonly rhythms: Rhythms,
    private readonly linkMails: LinkMailsService,
    private readonly clock: Clock,
  ) {}

  onApplicationBootstrap(): void {
    this.rhythms.every(TICK_MS, 'mailing links that people asked for', () => this.linkMails.deliverDue(this.clock.now()));
  }
}
