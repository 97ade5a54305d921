import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { root } from '#tools/steps.ts'

/** What is missing on this machine to run Apache Kafka, as a sentence; undefined when nothing is. */
export function missingForKafka(): string | undefined {
  const missing = [
    ['java', '-version'],
    ['mvn', '-version'],
  ].filter(([command = '', ...args]) => spawnSync(command, args, { stdio: 'ignore' }).status !== 0)
  if (missing.length === 0) return undefined
  return `Apache Kafka is brought by Maven and runs on Java 17 or newer; not found here: ${missing.map(([name]) => name).join(', ')}`
}

/**
 * Brings the jars that `tools/kafka/pom.xml` names, once: `lib/` is a class path, `plugins/` a `plugin.path`. Answers the
 * folder. Throws when Maven fails, with what it said. `version` is one of Kafka's, in place of the one in the file.
 */
export function bringKafka(version?: string): string {
  const pom = join(root, 'tools/kafka/pom.xml')
  const wanted = createHash('sha256').update(readFileSync(pom)).digest('hex')
  const home = join(root, 'node_modules/.cache', version === undefined ? 'apache-kafka' : `apache-kafka-${version}`)
  const stamp = join(home, 'complete')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return home

  const lib = join(home, 'lib')
  rmSync(home, { recursive: true, force: true })
  mkdirSync(lib, { recursive: true })
  console.error(`Bringing Apache Kafka ${version ?? 'and Kafka Connect'} through Maven (once)...`)
  const goal = ['dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${lib}`]
  // Before 4.0 it brought a logger of its own, which would take the place of the one in the file.
  if (version !== undefined) goal.push(`-Dkafka.version=${version}`, '-DexcludeArtifactIds=slf4j-reload4j')
  const maven = spawnSync('mvn', ['-B', '-q', '-f', pom, ...goal], { encoding: 'utf8' })
  if (maven.status !== 0) throw new Error(`Maven could not bring Apache Kafka:\n${maven.stdout}${maven.stderr}`)

  // As in Kafka's distribution the file connectors are plugins. The transforms are on the class path as well: a sink's
  // own config refers to one of their classes.
  place(lib, /^connect-file-/, join(home, 'plugins/connect-file'), renameSync)
  place(lib, /^connect-transforms-/, join(home, 'plugins/connect-transforms'), copyFileSync)
  writeFileSync(stamp, wanted)
  return home
}

function place(lib: string, name: RegExp, folder: string, how: (from: string, to: string) => void): void {
  mkdirSync(folder, { recursive: true })
  for (const jar of readdirSync(lib).filter((file) => name.test(file))) how(join(lib, jar), join(folder, jar))
}
