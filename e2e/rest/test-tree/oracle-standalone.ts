import { readSettings } from '#server/bin/settings.ts'
import { runStandalone } from '#server/bin/standalone.ts'

/** `sluice standalone`, in the folder of the recorded files, with pool threads that know the connectors of the recordings. */
const settings = readSettings({ args: process.argv.slice(2), env: process.env })
process.chdir(settings.get('oracle.folder') ?? '.')
await runStandalone(settings, new URL('./oracle-thread.ts', import.meta.url))
