import { lookup } from 'node:dns/promises'
import { connect } from 'node:net'
import { createAdmin } from '#server/kafka/admin.ts'
import { parseServer } from '#server/kafka/bootstrap.ts'
import type { KafkaClient } from '#server/kafka/client.ts'
import { clientSettings, type Properties } from '#server/kafka/client-settings.ts'
import { isSubscribed, type Subscribe } from '#server/kafka/topic-subscription.ts'
import { type ConnectionTester, TestWarning } from '#server/sdk/connection-tester.ts'

const setting = 'bootstrap.servers'

/** Finds, reaches and signs in to the brokers that a connector's client would use, one step each. */
export async function reachKafka(tester: ConnectionTester, client: KafkaClient, properties: Properties): Promise<void> {
  const servers = clientSettings(properties).bootstrapServers
  await tester.step(
    `Find ${servers.join(', ')}`,
    { field: setting, hint: 'Check the name, and the DNS of the worker.' },
    () =>
      oneOf(servers, async (server) => {
        const { host } = parseServer(server)
        const { address } = await lookup(host)
        return address === host ? undefined : `${host} is ${address}`
      }),
  )
  await tester.step(
    `Reach ${servers.join(', ')}`,
    { field: setting, hint: 'Check that Kafka runs there, the port, and firewalls between it and the worker.' },
    () => oneOf(servers, (server) => reach(server, tester.signal)),
  )
  const protocol = properties['security.protocol'] ?? 'PLAINTEXT'
  const mechanism = protocol.startsWith('SASL') ? ` and ${properties['sasl.mechanism'] ?? 'GSSAPI'}` : ''
  await tester.step(
    `Speak with Kafka over ${protocol}${mechanism}`,
    {
      field: 'security.protocol',
      hint: 'Check security.protocol, the certificates (ssl.*) and the login (sasl.*) of the worker or of the override.',
    },
    async () => {
      await client.connection('any')
      return `cluster ${await client.clusterId()}`
    },
  )
}

/** Whether each topic that a sink reads is there and may be read. */
export async function readTopics(tester: ConnectionTester, client: KafkaClient, subscribe: Subscribe): Promise<void> {
  const admin = createAdmin(client)
  if ('matches' in subscribe) {
    await tester.step('Find topics by the pattern', { field: 'topics.regex' }, async () => {
      const topics = await admin.describeTopics()
      const names = topics.filter((topic) => isSubscribed(subscribe, topic)).map(({ name }) => name)
      if (names.length === 0) throw new TestWarning('No topic matches yet.')
      return names.length > 5 ? `${names.slice(0, 5).join(', ')} and ${names.length - 5} more` : names.join(', ')
    })
    return
  }
  for (const topic of subscribe.topics) {
    await tester.step(
      `Read topic ${topic}`,
      { field: 'topics', hint: 'Check the name, or let the source that fills it run first.' },
      async () => {
        const [found] = await admin.describeTopics([topic])
        if (!found) throw new TestWarning(`There is no topic ${topic} yet; the sink waits for it.`)
        const partitions = found.partitions.map(({ partition }) => ({ topic, partition }))
        const first = new Map((await admin.listOffsets(partitions, 'earliest')).map((at) => [at.partition, at.offset]))
        const ends = await admin.listOffsets(partitions, 'latest')
        const records = ends.reduce((sum, { partition, offset }) => sum + offset - (first.get(partition) ?? 0), 0)
        return `${partitions.length} ${partitions.length === 1 ? 'partition' : 'partitions'}, about ${records} records`
      },
    )
  }
}

/** Passes with the first that passes; fails with what each of them said. */
async function oneOf(
  servers: readonly string[],
  attempt: (server: string) => Promise<string | undefined>,
): Promise<string | undefined> {
  const failures: string[] = []
  for (const server of servers) {
    try {
      const detail = await attempt(server)
      if (failures.length === 0) return detail
      throw new TestWarning(`${server} answers, but ${failures.join('; ')}`)
    } catch (error) {
      if (error instanceof TestWarning) throw error
      failures.push(`${server}: ${(error as Error).message}`)
    }
  }
  throw new Error(failures.join('; '))
}

function reach(server: string, signal: AbortSignal): Promise<undefined> {
  const { host, port } = parseServer(server)
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, signal })
    socket.once('error', reject)
    socket.once('connect', () => {
      socket.destroy()
      resolve(undefined)
    })
  })
}
