import { describe, expect, test } from 'vitest'
import { createHealth } from '#server/runtime/herder/health.ts'
import { createStages } from '#server/runtime/stages.ts'
import { createFakeClock, settled } from '#server/runtime/test-tree/fake-clock.ts'

function healthOf(generation: number, membership: (signal?: AbortSignal) => Promise<never>, warning?: string) {
  const clock = createFakeClock(Date.parse('2026-01-01T00:00:00.000Z'))
  const stages = createStages(clock)
  return {
    clock,
    stages,
    health: createHealth({
      membership: { generation: () => generation, settled: membership },
      ...{ stages, clock, warnings: () => (warning ? [warning] : []) },
    }),
  }
}
const aMember = async () => ({}) as never
/** Gives up when it is told to, like the real one. */
const never = (signal?: AbortSignal) =>
  new Promise<never>((_, reject) => signal?.addEventListener('abort', () => reject(new Error('gave up'))))

describe('a worker is', () => {
  test('starting until it has been in a round, and says what takes long', async () => {
    const { health, stages } = healthOf(-1, never)
    void stages.run('reading', () => new Promise(() => undefined))
    expect(await health()).toEqual({
      status: 'starting',
      message: 'Worker is still starting up. The worker is currently reading, which began at 2026-01-01T00:00:00.000Z.',
    })
  })

  test('healthy when no round is under way, and leaves no timer behind', async () => {
    const { health, clock } = healthOf(3, aMember)
    expect(await health()).toEqual({
      status: 'healthy',
      message: 'Worker has completed startup and is ready to handle requests.',
    })
    expect(clock.sleeping()).toEqual([])
  })

  test('R-I16: healthy with a warning, when what it stores will be lost', async () => {
    const { health } = healthOf(3, aMember, 'Topic offsets forgets.')
    expect(await health()).toEqual({
      status: 'healthy',
      message: 'Worker has completed startup and is ready to handle requests. Topic offsets forgets.',
    })
  })

  test('unhealthy when a round does not end within ten seconds, and no longer waits for it', async () => {
    let waiting: AbortSignal | undefined
    const { health, clock } = healthOf(3, (signal) => {
      waiting = signal
      return never(signal)
    })
    const answer = health()
    await clock.pass(9_999)
    expect(waiting?.aborted).toBe(false)
    await clock.pass(1)
    expect(await answer).toMatchObject({ status: 'unhealthy' })
    expect(waiting?.aborted).toBe(true)
  })

  test('unhealthy at once when it stops', async () => {
    const { health } = healthOf(3, () => Promise.reject(new Error('Worker is shutting down')))
    const answer = health()
    await settled()
    expect(await answer).toMatchObject({ status: 'unhealthy' })
  })
})
