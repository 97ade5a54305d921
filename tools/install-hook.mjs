// Points git at the one hook of the project. Plain JavaScript without dependencies: npm runs it on any Node.
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'

if (existsSync('.git')) {
  try {
    execFileSync('git', ['config', 'core.hooksPath', 'tools/hooks'], { stdio: 'ignore' })
  } catch {
    console.warn('git is not on the PATH: the pre-push hook was not installed.')
  }
}
