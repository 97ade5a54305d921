import { expect, test } from 'vitest'
import { type TargetState, targetStates } from '#server/contract/connector.ts'
import { type ActualInstance, type InstanceAction, nextAction } from '#server/core/instance-action.ts'

const wanted = (target: TargetState) => ({ version: 7, target })

/** Everything that an instance can be on this worker, against a config at version 7. */
const actuals = (['busy', 'up', 'failed'] as const).flatMap((phase) =>
  targetStates.flatMap((target) =>
    [7, 6].flatMap((version) => [false, true].map((restartAsked) => ({ phase, target, version, restartAsked }))),
  ),
)

test('what is not here is started when it should be', () => {
  expect(nextAction(undefined, undefined)).toBe('none')
  for (const target of targetStates) expect(nextAction(wanted(target), undefined)).toBe('start')
})

test('nothing new is begun while an action is under way', () => {
  for (const actual of actuals.filter(({ phase }) => phase === 'busy')) {
    for (const should of [undefined, ...targetStates.map(wanted)]) expect(nextAction(should, actual)).toBe('none')
  }
})

test('what should not be here is stopped, up or failed, whatever else was asked of it', () => {
  for (const actual of actuals.filter(({ phase }) => phase !== 'busy')) {
    expect(nextAction(undefined, actual)).toBe('stop')
  }
})

test('a changed config or a request restarts it, up or failed, whatever its target', () => {
  const due = actuals.filter(({ phase, version, restartAsked }) => phase !== 'busy' && (version !== 7 || restartAsked))
  for (const actual of due) {
    for (const target of targetStates) expect(nextAction(wanted(target), actual)).toBe('restart')
  }
})

/** The same config, and no request: what a change of the target does. */
const onTarget: Record<'up' | 'failed', Record<TargetState, Record<TargetState, InstanceAction>>> = {
  up: {
    STARTED: { STARTED: 'none', PAUSED: 'retarget', STOPPED: 'retarget' },
    PAUSED: { STARTED: 'retarget', PAUSED: 'none', STOPPED: 'retarget' },
    STOPPED: { STARTED: 'retarget', PAUSED: 'retarget', STOPPED: 'none' },
  },
  failed: {
    STARTED: { STARTED: 'none', PAUSED: 'none', STOPPED: 'restart' },
    PAUSED: { STARTED: 'none', PAUSED: 'none', STOPPED: 'restart' },
    STOPPED: { STARTED: 'none', PAUSED: 'none', STOPPED: 'none' },
  },
}

test.each(['up', 'failed'] as const)('the target of one that is %s', (phase) => {
  for (const from of targetStates) {
    for (const to of targetStates) {
      const actual: ActualInstance = { phase, target: from, version: 7, restartAsked: false }
      expect({ from, to, action: nextAction(wanted(to), actual) }).toEqual({
        from,
        to,
        action: onTarget[phase][from][to],
      })
    }
  }
})
