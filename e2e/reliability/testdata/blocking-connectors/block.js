/** Never settles, or never even returns, when this is the hook to be blocked. */
export function blockIn(hook, { block, manner }) {
  if (hook !== block) return undefined
  while (manner === 'spin') Math.random()
  return new Promise(() => undefined)
}

/** The parts that sources and sinks have in common. */
export const validate = async (raw) => {
  await blockIn('validate', raw)
  return {}
}

export const createConnector = (config, _context, raw) => ({
  start: () => blockIn('connector start', config),
  async taskConfigs() {
    await blockIn('task configs', config)
    return [raw]
  },
  async [Symbol.asyncDispose]() {
    await blockIn('connector stop', config)
  },
})
