import { createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { freePort } from '../../src/platform/database/free-port.js';

export type Stage = 'greeting' | 'EHLO' | 'MAIL' | 'RCPT' | 'DATA' | 'content' | 'RSET' | 'QUIT';

/** A reply line, or silence, or a closed connection; undefined for the usual answer. */
export type Answer = `${number}${string}` | 'hang' | 'drop' | undefined;

export interface ReceivedMail {
  readonly from: string;
  readonly to: string;
  readonly source: string;
}

const USUAL: Record<Stage, string> = { greeting: '220 test', EHLO: '250-test\r\n250 PIPELINING', MAIL: '250 OK', RCPT: '250 OK', DATA: '354 go', content: '250 2.0.0 taken', RSET: '250 OK', QUIT: '221 bye' };

/** A mail server on a real socket that does as told: refuses, falls silent, or hangs up, at any point of the conversation. */
export class ScriptedSmtp {
  readonly mails: ReceivedMail[] = [];
  readonly seen: Stage[] = [];
  /** Asked at every step; `line` is the command, `count` how often this stage came before. */
  script: (stage: Stage, line: string, count: number) => Answer = () => undefined;
  connections = 0;
  mostConnections = 0;
  private readonly sockets = new Set<Socket>();

  private constructor(private readonly server: Server) {}

  static async start(port?: number): Promise<ScriptedSmtp> {
    const listensOn = port ?? (await freePort()); // a server that went away must find its port free when it comes back
    const server = createServer();
    const smtp = new ScriptedSmtp(server);
    server.on('connection', (socket) => smtp.converse(socket));
    await new Promise<void>((resolve) => server.listen(listensOn, '127.0.0.1', resolve));
    return smtp;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get url(): string {
    return `smtp://127.0.0.1:${this.port}`;
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private converse(socket: Socket): void {
    this.sockets.add(socket);
    this.connections += 1;
    this.mostConnections = Math.max(this.mostConnections, this.sockets.size);
    let input = '';
    let inContent = false;
    let [from, to] = ['', ''];
    let recipients = 0;
    socket.on('error', () => undefined);
    socket.on('close', () => this.sockets.delete(socket));
    socket.on('data', (chunk) => {
      input += chunk.toString('latin1');
      for (;;) {
        const end = input.indexOf(inContent ? '\r\n.\r\n' : '\r\n');
        if (end === -1) return;
        const piece = input.slice(0, end);
        input = input.slice(end + (inContent ? 5 : 2));
        if (inContent) {
          inContent = false;
          if (this.answer(socket, 'content', '')) this.mails.push({ from, to, source: `${piece}\r\n` });
          continue;
        }
        const stage = piece.slice(0, 4).toUpperCase() as Stage;
        if (stage === 'MAIL') from = /<(.*)>/.exec(piece)?.[1] ?? '';
        if (stage === 'RCPT') to = /<(.*)>/.exec(piece)?.[1] ?? '';
        if (stage === 'DATA' && recipients === 0) {
          socket.write('503 5.5.1 no recipients\r\n'); // commands come pipelined: DATA is here before RCPT was refused
          continue;
        }
        const usual = this.answer(socket, stage, piece);
        recipients = stage === 'RCPT' ? recipients + Number(usual) : stage === 'DATA' ? recipients : 0;
        inContent = usual && stage === 'DATA';
      }
    });
    this.answer(socket, 'greeting', '');
  }

  /** Whether the usual answer was given. */
  private answer(socket: Socket, stage: Stage, line: string): boolean {
    const answer = this.script(stage, line, this.seen.filter((before) => before === stage).length);
    this.seen.push(stage);
    if (answer === 'drop') socket.destroy();
    else if (answer !== 'hang') socket.write(`${answer ?? USUAL[stage]}\r\n`);
    return answer === undefined;
  }
}
