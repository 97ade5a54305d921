import { messageOf } from '#server/contract/errors.ts'
import { KafkaError } from '#server/protocol/kafka-errors.ts'

export interface Address {
  host: string
  port: number
}

/** `host:port`, `[::1]:port`; 9092 when the port is missing. */
export function parseServer(server: string): Address {
  const match = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(server.trim())
  if (!match) throw new KafkaError('INVALID_CONFIG', `bootstrap.servers: "${server}" is not host:port`)
  return { host: match[1] ?? match[2] ?? '', port: Number(match[3] ?? 9092) }
}

/** The hosts behind names that stand for several, by the names they call themselves, for certificates that name those. */
export async function canonicalAddresses(servers: readonly Address[]): Promise<Address[]> {
  const { lookup, lookupService } = process.getBuiltinModule('node:dns/promises')
  const found = await Promise.all(
    servers.map(async ({ host, port }) => {
      try {
        const addresses = await lookup(host, { all: true })
        return await Promise.all(
          addresses.map(async ({ address }) => ({ host: (await lookupService(address, port)).hostname, port })),
        )
      } catch (error) {
        throw new KafkaError('NETWORK_EXCEPTION', `bootstrap.servers: ${host}: ${messageOf(error)}`, { cause: error })
      }
    }),
  )
  return found.flat()
}
