import { globSync, readFileSync } from 'node:fs'
import { dirname, join, posix, relative } from 'node:path'
import { expect, test } from 'vitest'

/**
 * The folder map of ARCHITECTURE.md as data: what each folder may import besides itself, npm packages and Node.
 * A folder is named by its path; the longest match counts.
 */
const mayImport: Record<string, readonly string[]> = {
  app: ['components', 'server/contract', 'server/trpc'],
  components: ['app/trpc.tsx', 'server/contract'],
  'server/contract': [],
  'server/sdk': ['server/contract'],
  'server/core': ['server/contract', 'server/sdk'],
  'server/protocol': ['server/contract'],
  'server/observe': ['server/contract'],
  'server/kafka': ['server/contract', 'server/protocol', 'server/observe'],
  'server/broker': ['server/contract', 'server/protocol', 'server/observe'],
  'server/runtime': [
    'server/contract',
    'server/sdk',
    'server/core',
    'server/protocol',
    'server/kafka',
    'server/observe',
  ],
  'server/converters': ['server/contract', 'server/sdk', 'server/kafka/security'],
  'server/transforms': ['server/contract', 'server/sdk'],
  'server/providers': ['server/contract', 'server/sdk'],
  'server/connectors': ['server/contract', 'server/sdk'],
  'server/rest': ['server/contract', 'server/observe'],
  'server/topics': ['server/contract', 'server/sdk', 'server/kafka', 'server/converters', 'server/observe'],
  'server/console': ['server/contract', 'server/sdk', 'server/observe', 'server/rest/client.ts', 'prisma'],
  'server/cli': [
    'server/contract',
    'server/sdk',
    'server/console/ask-every-worker.ts',
    'server/console/collect-events.ts',
    'server/console/or-null.ts',
    'server/console/password-keys.ts',
    'server/rest/json-text.ts',
    'server/rest/json.ts',
  ],
  'server/trpc': ['server/contract', 'server/console', 'server/observe'],
  'server/bin': ['*'],
  'server/benchmarks': ['*'],
  tools: ['*'],
  e2e: ['*'],
}

/** Pages know the console's door by its types alone. */
const typesOnly: Record<string, readonly string[]> = { app: ['server/trpc'], components: ['app/trpc.tsx'] }

const root = join(import.meta.dirname, '..')
const importStatement =
  /(?:^|\n)\s*(?:import|export)\s(type\s)?[^'"]*?from\s*['"]([^'"]+)['"]|(?:import|new URL)\(\s*['"]([^'"]+)['"]/g

interface Import {
  file: string
  target: string
  typeOnly: boolean
  /** By its address, as the beginning of a thread or process. */
  started: boolean
}

const folders = Object.keys(mayImport).sort((a, b) => b.length - a.length)
const within = (path: string, folder: string) => path === folder || path.startsWith(`${folder}/`)
const folderOf = (path: string) => folders.find((folder) => within(path, folder))

function imports(): Import[] {
  const files = globSync('{app,components,server,e2e,tools}/**/*.{ts,tsx,mjs}', { cwd: root })
  return files.flatMap((file) => {
    const text = readFileSync(join(root, file), 'utf8')
    return [...text.matchAll(importStatement)].flatMap((match) => {
      const target = resolve(file, match[2] ?? match[3] ?? '')
      const started = match[0].startsWith('new URL')
      return target ? [{ file, target, typeOnly: Boolean(match[1]), started }] : []
    })
  })
}

function resolve(file: string, specifier: string): string | undefined {
  if (specifier.startsWith('#')) return specifier.slice(1)
  if (specifier.startsWith('.')) return relative(root, join(root, posix.join(dirname(file), specifier)))
  return undefined
}

const isTest = (file: string) =>
  /\.(test|integration|e2e|spec)\.tsx?$/.test(file) || /\/(testdata|test-tree)\//.test(file)

test('every import follows the folder map', () => {
  const broken = imports().flatMap(({ file, target, typeOnly }) => {
    if (isTest(file)) return []
    const from = folderOf(file)
    if (!from) return [`${file}: its folder is not in the map`]
    const allowed = mayImport[from] ?? []
    if (within(target, from) || allowed.includes('*')) return []
    const door = allowed.find((folder) => within(target, folder))
    if (!door) return [`${file} imports ${target}`]
    return typesOnly[from]?.includes(door) && from === 'app' && !typeOnly
      ? [`${file} imports more than types of ${target}`]
      : []
  })
  expect(broken).toEqual([])
})

test('the coordination thread imports no plugin code', () => {
  const plugins = ['server/connectors', 'server/converters', 'server/transforms', 'server/providers']
  const main = ['server/runtime', 'server/rest', 'server/bin/worker.ts']
  const broken = imports().filter(
    ({ file, target }) => !isTest(file) && main.some((m) => within(file, m)) && plugins.some((p) => within(target, p)),
  )
  expect(broken.map(({ file, target }) => `${file} imports ${target}`)).toEqual([])
})

/** A value knows its schema, a schema its default value, and a struct is both. */
const needEachOther = ['java-class', 'logical', 'schema', 'struct', 'validate-value', 'value'].map(
  (name) => `server/sdk/${name}.ts`,
)

test('no file needs one that needs it, but what a value is made of', () => {
  let edges = imports().filter(({ started }) => !started)
  for (;;) {
    // Who needs nobody that is left, or is needed by nobody, is in no circle.
    const needy = new Set(edges.map(({ file }) => file))
    const needed = new Set(edges.map(({ target }) => target))
    const left = edges.filter(({ file, target }) => needed.has(file) && needy.has(target))
    if (left.length === edges.length) break
    edges = left
  }
  expect([...new Set(edges.map(({ file }) => file))].toSorted()).toEqual(needEachOther)
})
