import type { Part } from '#server/bin/parts.ts'
import { ownVariables } from '#server/bin/settings.ts'

/** What `sluice <part> --help` prints. */
export function partHelp(name: string, { summary, words, settings, reference }: Part): string {
  const usage = ['sluice', name, ...(words === undefined ? [] : [words]), '[--key=value ...]'].join(' ')
  const options = Object.entries(settings).flatMap(([key, doc]) => [
    `  --${key}=<value>  (${variableOf(key)})`,
    `      ${doc}`,
  ])
  return [
    ...[`Usage: ${usage}`, '', `Starts ${summary}. Ctrl-C or SIGTERM stops it.`],
    ...['', 'Settings; flags over environment over file, with the keys of Kafka and Kafka Connect:', ...options],
    ...(reference === undefined ? [] : ['', `All settings of a worker: ${reference}`]),
    ...['', 'Exit codes:', '  0  it was stopped', '  1  it could not start, or failed'],
    ...(name === 'standalone' ? ['  3  a connector could not be created'] : []),
  ].join('\n')
}

/** The name of a setting in the environment. */
const variableOf = (key: string): string =>
  Object.entries(ownVariables).find(([, own]) => own === key)?.[0] ??
  `CONNECT_${key.replaceAll('_', '___').replaceAll('-', '__').replaceAll('.', '_').toUpperCase()}`
