import { pathProblem } from '#server/connectors/file/allowed-path.ts'
import { messageOf } from '#server/contract/errors.ts'

/** Says at the field, before anything runs, that a file must not be touched; the task looks again when it opens it. */
export function validateFile(config: Readonly<Record<string, string>>): Record<string, string[]> {
  const file = config.file?.trim()
  if (!file) return {}
  const problem = problemOf(file)
  return problem === undefined ? {} : { file: [`Invalid value ${file} for configuration file: ${problem}`] }
}

function problemOf(file: string): string | undefined {
  try {
    return pathProblem(file, process.env)
  } catch (error) {
    return messageOf(error)
  }
}
