import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createTRPCClient, httpLink } from '@trpc/client'
import superjson from 'superjson'
import { startBroker } from '#server/broker/server.ts'
import type { Role } from '#server/console/access.ts'
import { createConsole } from '#server/console/console.ts'
import type { Database } from '#server/console/database/database.ts'
import { createDoor } from '#server/console/web/door.ts'
import { apiPath, type PagesState, startWebServer } from '#server/console/web/server.ts'
import { systemClock } from '#server/contract/clock.ts'
import type { EmbeddedWorkers } from '#server/contract/embedded-workers.ts'
import { createLifecycle } from '#server/contract/lifecycle.ts'
import { createAdmin } from '#server/kafka/admin.ts'
import { createKafkaClient } from '#server/kafka/client.ts'
import { startRest } from '#server/rest/server.ts'
import type { MemoryHerder } from '#server/rest/test-tree/memory-herder.ts'
import { silentLogger } from '#server/rest/test-tree/silent-logger.ts'
import { createTopics } from '#server/topics/topics.ts'
import { createTrpcHandler } from '#server/trpc/http-handler.ts'
import type { AppRouter } from '#server/trpc/root.ts'
import { startJvmFront } from '#server/trpc/test-tree/jvm-front.ts'
import { createSecretiveHerder } from '#server/trpc/test-tree/secretive-herder.ts'

export interface RunningConsole extends AsyncDisposable {
  url: string
  client: ReturnType<typeof createTRPCClient<AppRouter>>
  herder: MemoryHerder
  workerUrl: string
  /** The same cluster, as if Apache Kafka's workers ran it. */
  jvmUrl: string
  /** Everything that the console ever answered. */
  answers: () => string
  /** Stops the only worker of the cluster. */
  closeWorker: () => Promise<void>
  /** On the broker. */
  createTopic: (name: string, partitions: number) => Promise<void>
}

/** A console over real HTTP on both sides: a cluster in memory behind its REST API, and pages that are never looked at. */
export async function startConsoleUnderTest(options: {
  database: Database
  withBroker?: boolean
  embeddedWorkers?: EmbeddedWorkers
  role?: Role
  pages?: () => PagesState
}): Promise<RunningConsole> {
  const lifecycle = createLifecycle()
  const herder = createSecretiveHerder()
  const rest = lifecycle.own(
    await startRest({
      herder,
      profile: 'safe',
      clock: systemClock,
      logger: silentLogger,
      version: '0.1.0',
      listeners: ['http://127.0.0.1:0'],
    }),
  )
  const jvm = lifecycle.own(await startJvmFront(rest.url))
  const bootstrapServers = options.withBroker ? await openBroker() : undefined
  const own = { slug: 'local', name: 'Local', workerUrls: [rest.url], bootstrapServers }
  const console_ = lifecycle.own(
    createConsole({
      own: () => own,
      prisma: async () => options.database.prisma,
      fingerprintKey: new Uint8Array(32).fill(1),
      openTopics: (servers) =>
        createTopics({ kafka: { 'bootstrap.servers': servers }, clock: systemClock, logger: silentLogger }),
      shippedSummaries: async () => new Map(),
      embeddedWorkers: options.embeddedWorkers,
      exampleFolder: '/tmp',
      clock: systemClock,
      logger: silentLogger,
    }),
  )
  const server = lifecycle.own(
    await startWebServer({
      host: '127.0.0.1',
      port: 0,
      door: createDoor([]),
      api: createTrpcHandler({
        basePath: apiPath,
        context: { console: console_, role: options.role ?? 'admin' },
        logger: silentLogger,
      }),
      pages: options.pages ?? (() => ({ state: 'building' })),
      dev: false,
      clock: systemClock,
      logger: silentLogger,
    }),
  )
  const url = `http://127.0.0.1:${server.port}`
  let answers = ''
  const client = createTRPCClient<AppRouter>({
    links: [
      httpLink({
        url: url + apiPath,
        transformer: superjson,
        async fetch(target, init) {
          const response = await fetch(target, init as RequestInit)
          answers += await response.clone().text()
          return response
        },
      }),
    ],
  })
  return {
    url,
    client,
    herder,
    workerUrl: rest.url,
    jvmUrl: jvm.url,
    answers: () => answers,
    closeWorker: async () => rest[Symbol.asyncDispose](),
    async createTopic(name, partitions) {
      await using kafka = createKafkaClient({
        bootstrapServers: [bootstrapServers ?? ''],
        clientId: 'test',
        clock: systemClock,
        logger: silentLogger,
      })
      await createAdmin(kafka).createTopics([{ name, partitions, replicationFactor: 1 }])
    },
    [Symbol.asyncDispose]: () => lifecycle[Symbol.asyncDispose](),
  }

  async function openBroker(): Promise<string> {
    const directory = await mkdtemp(join(tmpdir(), 'sluice-console-'))
    lifecycle.defer(() => rm(directory, { recursive: true, force: true }))
    const broker = lifecycle.own(
      await startBroker({ directory, host: '127.0.0.1', port: 0, clock: systemClock, logger: silentLogger }),
    )
    return `127.0.0.1:${broker.port}`
  }
}
