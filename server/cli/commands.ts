import type { CliCommand } from '#server/cli/cli-command.ts'
import { deleteConnectors, pause, restart, resume, stop } from '#server/cli/commands/changes.ts'
import { plugins, workers } from '#server/cli/commands/cluster.ts'
import { apply, config, create, validate } from '#server/cli/commands/configs.ts'
import { connectors, status } from '#server/cli/commands/connectors.ts'
import { drain, undrain } from '#server/cli/commands/drain.ts'
import { logs } from '#server/cli/commands/logs.ts'
import { offsets } from '#server/cli/commands/offsets.ts'
import { tail } from '#server/cli/commands/tail.ts'

/** The client for people, by the word that begins a command line; it talks to any Kafka Connect cluster. */
export const cliCommands: Readonly<Record<string, CliCommand>> = {
  connectors,
  status,
  config,
  create,
  apply,
  validate,
  pause,
  resume,
  stop,
  restart,
  delete: deleteConnectors,
  offsets,
  logs,
  tail,
  workers,
  drain,
  undrain,
  plugins,
}
