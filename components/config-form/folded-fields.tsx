'use client'
import { ChevronRight } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import type { FormField } from '#components/config-form/form-field.ts'
import { Button } from '#components/ui/button.tsx'
import { cx } from '#components/ui/cx.ts'
import { count } from '#components/ui/format.ts'

/** What matters in sight, the rest behind one button that says how many there are. */
export function FoldedFields({
  fields,
  children,
}: {
  fields: readonly FormField[]
  children: (field: FormField) => ReactNode
}) {
  const plain = fields.filter((field) => !field.advanced)
  const advanced = fields.filter((field) => field.advanced)
  const [open, setOpen] = useState(false)
  return (
    <>
      {plain.map(children)}
      {advanced.length > 0 && (
        <>
          <Button tone="link" size="sm" aria-expanded={open} className="mt-1 ml-1" onClick={() => setOpen(!open)}>
            <ChevronRight aria-hidden="true" className={cx('transition-transform duration-150', open && 'rotate-90')} />
            {open ? 'Fewer settings' : count(advanced.length, 'more setting')}
          </Button>
          {open && advanced.map(children)}
        </>
      )}
    </>
  )
}
