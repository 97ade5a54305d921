import { ConnectError } from '#server/contract/errors.ts'

/** Fails where the connector's config asks for it. */
export function failAt(config: { 'test.fail': string }, where: string, message: string): void {
  if (config['test.fail'] === where) throw new Error(message)
}

/** What `alterOffsets` of both test connectors does, as `test.alter` says. */
export function alterAs(raw: Record<string, string>): boolean {
  switch (raw['test.alter']) {
    case 'true':
      return true
    case 'throw':
      throw new Error('alterOffsets failed on purpose')
    case 'badconfig':
      throw new ConnectError('UNSUPPORTED', 'not here')
    default:
      return false
  }
}
