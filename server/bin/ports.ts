import { createServer } from 'node:net'
import { ConnectError } from '#server/contract/errors.ts'

const mostTried = 100

/**
 * A port for one part: an explicit one must be free; a default one moves up to the next free one.
 *
 * @throws ConnectError PORT_TAKEN, which names the setting an explicit port came from
 */
export async function choosePort(wish: {
  part: string
  host: string
  explicit: number | undefined
  /** Where the explicit port was set, for the message. */
  setting: string
  fallback: number
  taken: Set<number>
}): Promise<{ port: number; moved: boolean }> {
  if (wish.explicit !== undefined) {
    if (wish.explicit !== 0 && (wish.taken.has(wish.explicit) || !(await isFree(wish.explicit, wish.host)))) {
      throw new ConnectError(
        'PORT_TAKEN',
        `Port ${wish.explicit} for the ${wish.part} is taken; it was set by ${wish.setting}.`,
      )
    }
    const port = wish.explicit === 0 ? await anyFree(wish.host) : wish.explicit
    wish.taken.add(port)
    return { port, moved: false }
  }
  for (let port = wish.fallback; port < wish.fallback + mostTried; port++) {
    if (!wish.taken.has(port) && (await isFree(port, wish.host))) {
      wish.taken.add(port)
      return { port, moved: port !== wish.fallback }
    }
  }
  throw new ConnectError(
    'PORT_TAKEN',
    `No free port for the ${wish.part} from ${wish.fallback} to ${wish.fallback + mostTried - 1}.`,
  )
}

const isFree = (port: number, host: string) => listenOnce(port, host).then((bound) => bound !== undefined)

async function anyFree(host: string): Promise<number> {
  const port = await listenOnce(0, host)
  if (port === undefined) throw new ConnectError('PORT_TAKEN', `No port can be opened on ${host}.`)
  return port
}

function listenOnce(port: number, host: string): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(undefined))
    server.listen({ port, host, exclusive: true }, () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : undefined))
    })
  })
}
