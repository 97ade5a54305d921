import { type AskRegistry, RegistryRefusal } from '#server/converters/registry/registry-http.ts'
import { type ConnectionTester, TestWarning } from '#server/sdk/connection-tester.ts'

/** Tries whether the registry of a converter answers, with a question that needs no rights to any subject. */
export async function testRegistry(
  tester: ConnectionTester,
  { ask, urls, isKey }: { ask: AskRegistry; urls: readonly URL[]; isKey: boolean },
): Promise<void> {
  const about = {
    field: `${isKey ? 'key' : 'value'}.converter.schema.registry.url`,
    hint: 'Check the address of the schema registry, and the login if it wants one.',
  }
  await tester.step(`Reach the schema registry for ${isKey ? 'keys' : 'values'}`, about, async () => {
    try {
      await ask('GET', '/schemas/types', tester.signal)
    } catch (error) {
      // Registries before version 5.5 do not know the question, and neither does what is none.
      if (!(error instanceof RegistryRefusal) || error.status !== 404) throw error
      throw new TestWarning('Something answers that does not say which kinds of schemas it knows.')
    }
    // Not as they are written: a login may stand in them.
    return urls.map(({ protocol, host }) => `${protocol}//${host}`).join(', ')
  })
}
