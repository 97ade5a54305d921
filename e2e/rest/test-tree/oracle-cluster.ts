import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '#e2e/harness/free-port.ts'
import { inState } from '#e2e/harness/rest.ts'
import { startPart } from '#e2e/harness/sluice-part.ts'
import { workerProperties, writeProperties } from '#e2e/harness/worker-properties.ts'
import { eventually } from '#e2e/start/eventually.ts'
import { createLifecycle } from '#server/contract/lifecycle.ts'

export type ClusterKind = 'two-workers' | 'standalone'

/** Workers as the recorded ones were set up; the first of two leads. */
export interface OracleCluster extends AsyncDisposable {
  /** `host:port` of each. */
  workers: readonly string[]
  /** Puts the files that every scenario starts with where the workers look for them. */
  resetFiles(): void
  /** A file in the workers' folder. */
  file(name: string): string
}

const files: Record<string, string> = {
  'in.txt': 'one\ntwo\n',
  'off.txt': 'one\ntwo\nthree\n',
  'sa.txt': 'a\nb\n',
  'tt.txt': 'x\n',
}

/** The connector that the standalone worker begins with. */
const pre = {
  name: 'pre',
  'connector.class': 'FileStreamSource',
  file: 'none.txt',
  topic: 'pre',
  'tasks.max': '1',
}

export async function startOracleCluster(kind: ClusterKind): Promise<OracleCluster> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-oracle-'))
  const lifecycle = createLifecycle()
  lifecycle.defer(() => rmSync(folder, { recursive: true, force: true }))
  try {
    const where = join(folder, 'files')
    mkdirSync(where)
    const broker = `127.0.0.1:${await freePort()}`
    lifecycle.own(
      await startPart([
        'broker',
        `--broker.port=${broker.split(':')[1]}`,
        `--sluice.data.dir=${join(folder, 'broker')}`,
      ]),
    )
    const workers: string[] = []
    const startWorker = async (script: string, own: Record<string, string>, more: readonly string[] = []) => {
      const id = `127.0.0.1:${await freePort()}`
      const properties = join(folder, `worker-${workers.length + 1}.properties`)
      writeProperties(properties, {
        ...workerProperties(id, broker, 'connect-oracle'),
        'task.shutdown.graceful.timeout.ms': '1000',
        'sluice.data.dir': join(folder, `worker-${workers.length + 1}`),
        'sluice.profile': 'compat',
        'oracle.folder': where,
        ...own,
      })
      const { lines } = lifecycle.own(await startPart(['run', `e2e/rest/test-tree/${script}`, properties, ...more]))
      await healthy(id, lines)
      workers.push(id)
    }
    if (kind === 'standalone') {
      const connector = join(folder, 'pre.properties')
      writeProperties(connector, pre)
      const offsets = { 'offset.storage.file.filename': join(folder, 'offsets') }
      await startWorker('oracle-standalone.ts', offsets, [connector])
      await inState(`http://${workers[0]}`, pre.name, 'RUNNING')
      return handOver(workers)
    }
    await startWorker('oracle-worker.ts', {})
    await startWorker('oracle-worker.ts', {})
    return handOver(await leaderFirst(workers))

    function handOver(started: readonly string[]): OracleCluster {
      return {
        workers: started,
        file: (name) => join(where, name),
        resetFiles() {
          for (const [name, text] of Object.entries(files)) writeFileSync(join(where, name), text)
        },
        [Symbol.asyncDispose]: () => lifecycle[Symbol.asyncDispose](),
      }
    }
  } catch (error) {
    await lifecycle[Symbol.asyncDispose]()
    throw error
  }
}

const healthy = (id: string, lines: readonly string[]) =>
  eventually(async () => ((await fetch(`http://${id}/health`)).ok ? true : undefined), {
    withinMs: 30_000,
    what: `${id} becomes healthy`,
  }).catch((cause: unknown) => {
    throw new Error(`${id} does not become healthy:\n${lines.slice(-20).join('\n')}`, { cause })
  })

/** The recordings assume that worker 1 leads. */
async function leaderFirst(workers: readonly string[]): Promise<string[]> {
  const answer = await fetch(`http://${workers[0]}/sluice/v1/cluster`)
  const view = (await answer.json()) as { workers: { id: string; leader: boolean }[] }
  const leads = (id: string) => view.workers.some((worker) => worker.leader && worker.id === id)
  return workers.toSorted((a, b) => Number(leads(b)) - Number(leads(a)))
}
