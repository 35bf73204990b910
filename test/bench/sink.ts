import { createServer, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';

/**
 * A mail server in a process of its own that takes everything and counts who got what. Not `smtp-server`, which ends at 3,500
 * mails a second: this one looks for the end of the content and at nothing else.
 * Over IPC: it says {port}; to 'count' it answers {mails, recipients, doubled, bytes} and forgets; to 'times' when each recipient's first mail came.
 */
const END = Buffer.from('\r\n.\r\n');

let mails = 0;
let bytes = 0;
let counts = new Map<string, number>();
let times = new Map<string, number>();

function converse(socket: Socket): void {
  let rest: Buffer = Buffer.alloc(0);
  let inContent = false;
  let recipient = '';
  socket.setNoDelay(true);
  socket.on('error', () => undefined);
  socket.write('220 sink\r\n');
  socket.on('data', (chunk) => {
    let input = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
    let answers = '';
    for (;;) {
      const end = inContent ? input.indexOf(END) : input.indexOf('\r\n');
      if (end === -1) break;
      if (inContent) {
        mails += 1;
        bytes += end;
        counts.set(recipient, (counts.get(recipient) ?? 0) + 1);
        if (!times.has(recipient)) times.set(recipient, Date.now());
        inContent = false;
        answers += '250 2.0.0 taken\r\n';
        input = input.subarray(end + END.length);
        continue;
      }
      const line = input.toString('latin1', 0, end);
      input = input.subarray(end + 2);
      const verb = line.slice(0, 4).toUpperCase();
      if (verb === 'RCPT') recipient = line;
      inContent = verb === 'DATA';
      answers += verb === 'EHLO' ? '250-sink\r\n250-PIPELINING\r\n250 8BITMIME\r\n' : inContent ? '354 go\r\n' : verb === 'QUIT' ? '221 bye\r\n' : '250 OK\r\n';
    }
    rest = input;
    if (answers !== '') socket.write(answers);
  });
}

const server = createServer(converse);
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }));
process.on('message', (asked) => {
  if (asked === 'times') {
    process.send?.({ times: [...times].map(([line, at]) => [/<([^>]*)>/.exec(line)?.[1] ?? line, at]) });
    return;
  }
  const doubled = [...counts.values()].filter((count) => count > 1).length;
  process.send?.({ mails, recipients: counts.size, doubled, bytes });
  mails = 0;
  bytes = 0;
  counts = new Map();
  times = new Map();
});
process.on('disconnect', () => process.exit(0));
