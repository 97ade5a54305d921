import { mkdtempSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { childrenOf, newPlace, type SluicePlace, type SluiceProcess, startSluice } from '#e2e/start/sluice-process.ts'

let place: SluicePlace
let sluice: SluiceProcess

beforeAll(async () => {
  place = await newPlace()
  sluice = startSluice(place.env)
  await sluice.line(/^Open /)
})
afterAll(() => sluice[Symbol.asyncDispose]())

test('tells the address of each part, and last the page to open', () => {
  expect(sluice.lines.filter((line) => /^(Broker|Worker|Console)/.test(line))).toHaveLength(4)
  expect(sluice.lines.at(-1)).toBe(`Open ${place.console}`)
})

test('answers the REST API of Kafka Connect and the first page', async () => {
  const root = await fetch(`${place.rest}/`).then((response) => response.json())
  expect(root).toMatchObject({ version: '4.3.1' })
  const page = await fetch(place.console)
  expect(page.status).toBe(200)
  expect(await page.text()).toContain('<title>')
})

test('a second start on the same folder names the first and changes nothing', async () => {
  await using second = startSluice(place.env)
  expect(await second.exited).toBe(1)
  expect(second.lines.join('\n')).toContain(`${place.dataDir} is in use by process ${sluice.pid}`)
  expect((await fetch(`${place.rest}/connectors`)).status).toBe(200)
})

test('a port that was set and is taken is named with its setting', async () => {
  const other = await newPlace()
  const server = createServer().listen(Number(other.env.PORT), '127.0.0.1')
  await using refused = startSluice(other.env)
  expect(await refused.exited).toBe(1)
  expect(refused.lines.join('\n')).toContain(`Port ${other.env.PORT} for the console is taken; it was set by PORT.`)
  server.close()
})

test('a data folder that cannot be used is named', async () => {
  const other = await newPlace()
  const file = join(mkdtempSync(join(tmpdir(), 'sluice-file-')), 'in-the-way')
  writeFileSync(file, '')
  await using refused = startSluice({ ...other.env, SLUICE_DATA_DIR: file })
  expect(await refused.exited).toBe(1)
  expect(refused.lines.join('\n')).toContain(`The data folder ${file} cannot be used`)
})

test('SIGTERM ends every process, cleanly', async () => {
  const parts = childrenOf(sluice.pid).filter(({ part }) => part === 'broker' || part === 'worker')
  expect(parts).toHaveLength(3)
  expect(await sluice.end('SIGTERM')).toBe(0)
  for (const { pid } of parts) expect(() => process.kill(pid, 0)).toThrow()
})
