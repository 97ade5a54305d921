import { constants } from 'node:fs'
import { access, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { FileSinkConfig, FileSourceConfig } from '#server/connectors/file/config.ts'
import { type ConnectionTester, TestWarning } from '#server/sdk/connection-tester.ts'

/** Whether the file of a source is there and may be read; a source waits for one that is not there yet. */
export async function testSource({ file }: FileSourceConfig, tester: ConnectionTester): Promise<void> {
  if (!file) return
  await tester.step(
    `Read ${file}`,
    { field: 'file', hint: 'Check the path on the machine of the worker, and the rights of its user.' },
    async () => {
      const found = await stat(file).catch(missing)
      if (!found) throw new TestWarning('There is no such file yet; the source waits for it.')
      if (found.isDirectory()) throw new Error(`${file} is a folder.`)
      await access(file, constants.R_OK)
      return `${found.size} bytes`
    },
  )
}

/** Whether the file of a sink may be written, or made. */
export async function testSink({ file }: FileSinkConfig, tester: ConnectionTester): Promise<void> {
  if (!file) return
  await tester.step(
    `Write ${file}`,
    { field: 'file', hint: 'Make the folder on the machine of the worker, and let its user write there.' },
    async () => {
      const found = await stat(file).catch(missing)
      if (found?.isDirectory()) throw new Error(`${file} is a folder.`)
      await access(found ? file : dirname(file), constants.W_OK)
      return found ? `${found.size} bytes are there; lines are appended` : 'the file will be made'
    },
  )
}

function missing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error
}
