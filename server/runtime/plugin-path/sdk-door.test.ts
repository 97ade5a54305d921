import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { sdkModule } from '#server/runtime/plugin-path/sdk-door.ts'

const root = new URL('../../../', import.meta.url)
const { exports } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8')) as {
  exports: Record<string, string>
}

test('leads where the exports of our package lead', () => {
  for (const [name, target] of Object.entries(exports)) {
    if (!name.startsWith('./sdk')) continue
    const module = sdkModule(`sluice/${name.slice(2).replace('*', 'schema')}`)
    expect(module).toBe(new URL(target.replace('*', 'schema'), root).href)
    expect(existsSync(fileURLToPath(module ?? ''))).toBe(true)
  }
  expect(sdkModule('sluice/sdk/testing/source-contract')).toBe(
    new URL('server/sdk/testing/source-contract.ts', root).href,
  )
})

test('leaves every other import alone, and leads nowhere outside of the SDK', () => {
  for (const other of [
    'sluice',
    'sluice/server',
    'sluice/sdkx',
    'sluice/sdk/../bin/worker',
    'sluice/sdk/a.js',
    'kafkajs',
  ]) {
    expect(sdkModule(other)).toBeUndefined()
  }
})
