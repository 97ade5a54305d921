import { connect, createServer, type Socket } from 'node:net'

/** The one way of a client to a broker on 127.0.0.1; a test closes it. */
export interface Wire extends AsyncDisposable {
  bootstrapServers: string
  /** Ends what is open and refuses what is new, as when a process is killed. */
  cut(): void
  /** Lets nothing through and ends nothing, as when a cable is pulled. */
  freeze(): void
  mend(): void
}

/** Also takes the broker's place in its own answers, so that no connection goes past it. */
export async function startWire(to: string): Promise<Wire> {
  const port = Number(to.split(':')[1])
  const open = new Set<Socket>()
  let state: 'open' | 'cut' | 'frozen' = 'open'
  let own = 0

  /** Answers name a broker by its host and, right behind it, its port in four bytes. */
  function inPlaceOfBroker(chunk: Buffer): Buffer {
    const address = Buffer.concat([Buffer.from('127.0.0.1'), int32(port)])
    for (let at = chunk.indexOf(address); at >= 0; at = chunk.indexOf(address, at + 1)) {
      chunk.writeInt32BE(own, at + address.length - 4)
    }
    return chunk
  }

  function join(from: Socket, into: Socket, change: (chunk: Buffer) => Buffer): void {
    open.add(from)
    from.on('error', () => undefined)
    from.on('close', () => {
      open.delete(from)
      into.destroy()
    })
    from.on('data', (chunk: Buffer) => into.write(change(chunk)))
    if (state === 'frozen') from.pause()
  }

  const server = createServer((socket) => {
    if (state === 'cut') {
      socket.destroy()
      return
    }
    const upstream = connect(port, '127.0.0.1')
    join(socket, upstream, (chunk) => chunk)
    join(upstream, socket, inPlaceOfBroker)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (typeof address === 'object' && address) own = address.port

  return {
    bootstrapServers: `127.0.0.1:${own}`,
    cut() {
      state = 'cut'
      for (const socket of open) socket.destroy()
    },
    freeze() {
      state = 'frozen'
      for (const socket of open) socket.pause()
    },
    mend() {
      state = 'open'
      for (const socket of open) socket.resume()
    },
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}
