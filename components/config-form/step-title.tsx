import { stepTitle } from '#components/config-form/chain.ts'

/** A class by its short name, and the half of the record that it works on. */
export function StepTitle({ class: pluginClass }: { class: string }) {
  const { title, of } = stepTitle(pluginClass)
  return (
    <>
      <span className="name font-medium">{title || 'no class yet'}</span>
      {of && <span className="ml-2 rounded border border-line-strong px-1 text-ink-soft text-xs">{of}</span>}
    </>
  )
}
