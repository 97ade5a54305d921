import { cpSync, mkdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { ChaosReport } from '#e2e/chaos/chaos-report.ts'
import type { Ground } from '#e2e/chaos/ground.ts'

/** Copies what everybody left behind into `folder`, before it is removed, where `run` fails or finds an invariant broken. */
export async function keepingEvidence(
  folder: string | undefined,
  ground: Ground,
  run: () => Promise<ChaosReport>,
): Promise<ChaosReport> {
  let ok = false
  try {
    const report = await run()
    ok = report.ok
    return report
  } finally {
    if (!ok && folder !== undefined) keep(folder, ground)
  }
}

function keep(folder: string, ground: Ground): void {
  mkdirSync(folder, { recursive: true })
  for (const from of ground.folders) cpSync(from, join(folder, basename(from)), { recursive: true })
}
