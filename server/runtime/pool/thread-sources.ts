import { ConnectError } from '#server/contract/errors.ts'
import type { SourceAccess } from '#server/runtime/pool/source-access.ts'
import { asConnector, type BoardDuring } from '#server/runtime/pool/stage-board.ts'
import type { ThreadMethods } from '#server/runtime/pool/thread-call.ts'
import type { ThreadConfigs } from '#server/runtime/pool/thread-configs.ts'

/** What a worker asks of a source connector's Kafka: here, because only here its placeholders are resolved. */
export function createThreadSources(options: {
  configs: Pick<ThreadConfigs, 'look'>
  /** Opened with the first question. */
  access(): Promise<SourceAccess>
  during: BoardDuring
}): Pick<ThreadMethods, keyof SourceAccess> {
  async function resolved(raw: Record<string, string>): Promise<Record<string, string>> {
    const { configs: found, problems } = await options.configs.look(raw)
    const [config = {}] = found
    if (problems.length === 0) return config
    throw new ConnectError('CONFIG_INVALID', problems.map(({ message }) => message).join('\n'), { problems })
  }

  async function asking<Result>(
    doing: string,
    connector: string,
    raw: Record<string, string>,
    work: (access: SourceAccess, config: Record<string, string>) => Promise<Result>,
  ): Promise<Result> {
    const config = await resolved(raw)
    const access = await options.access()
    return options.during(`${doing} of connector ${connector}`, () => work(access, config), asConnector(connector))
  }

  return {
    fenceTasks: (connector, raw, tasks) =>
      asking('fencing tasks', connector, raw, (access, config) => access.fenceTasks(connector, config, tasks)),
    ownOffsets: (connector, raw) =>
      asking('reading offsets', connector, raw, (access, config) => access.ownOffsets(connector, config)),
    storeOffsets: (connector, raw, offsets) =>
      asking('storing offsets', connector, raw, (access, config) => access.storeOffsets(connector, config, offsets)),
  }
}
