import { connect } from 'node:net'

export interface RawAnswer {
  status: number
  headers: Headers
  text: string
}

/** One HTTP request with its target and headers exactly as given, also where no well-behaved client would send them. */
export function sendRaw(
  worker: string,
  request: { method: string; target: string; headers: Record<string, string>; body?: Uint8Array },
): Promise<RawAnswer> {
  const { method, target, headers, body } = request
  const lines = Object.entries({ host: worker, connection: 'close', ...headers }).map(
    ([name, value]) => `${name}: ${value}`,
  )
  if (body) lines.push(`content-length: ${body.byteLength}`)
  const head = `${method} ${target === '' ? '/' : target} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`
  const [host = '', port = ''] = worker.split(':')
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    const socket = connect(Number(port), host, () =>
      socket.write(Buffer.concat([Buffer.from(head), body ?? Buffer.alloc(0)])),
    )
    socket.on('data', (chunk) => chunks.push(chunk))
    socket.once('error', reject)
    socket.once('close', () => resolve(parse(Buffer.concat(chunks).toString('utf8'))))
  })
}

function parse(answer: string): RawAnswer {
  const end = answer.indexOf('\r\n\r\n')
  const [statusLine = '', ...lines] = answer.slice(0, end).split('\r\n')
  const headers = new Headers()
  for (const line of lines) headers.append(line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim())
  const body = answer.slice(end + 4)
  const text = headers.get('transfer-encoding') === 'chunked' ? unchunked(body) : body
  return { status: Number(statusLine.split(' ')[1]), headers, text }
}

function unchunked(body: string): string {
  const bytes = Buffer.from(body)
  const parts: Buffer[] = []
  for (let at = 0; ; ) {
    const lineEnd = bytes.indexOf('\r\n', at)
    const size = Number.parseInt(bytes.subarray(at, lineEnd).toString(), 16)
    if (!(size > 0)) return Buffer.concat(parts).toString()
    parts.push(bytes.subarray(lineEnd + 2, lineEnd + 2 + size))
    at = lineEnd + 2 + size + 2
  }
}
