'use client'
import { Search } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import { cx } from '#components/ui/cx.ts'
import { Input } from '#components/ui/input.tsx'
import { Kbd } from '#components/ui/kbd.tsx'

/**
 * The search of a page: `/` brings the cursor here (see frame/use-shortcuts.ts). `value` may come back late, as the URL
 * does: while somebody types, what stands here is what was typed.
 */
export function SearchInput({
  label,
  value,
  onText,
  className,
}: {
  label: string
  value: string
  onText: (text: string) => void
  className?: string
}) {
  const [text, setText] = useState(value)
  const input = useRef<HTMLInputElement>(null)
  useEffect(() => {
    if (document.activeElement !== input.current) setText(value)
  }, [value])
  return (
    <search className={cx('relative block', className)}>
      <Search
        aria-hidden="true"
        className="pointer-events-none absolute top-1/2 left-2.5 size-4 -translate-y-1/2 text-ink-soft"
      />
      <Input
        ref={input}
        type="search"
        aria-label={label}
        placeholder={label}
        data-page-search
        autoComplete="off"
        spellCheck={false}
        className="peer px-8"
        value={text}
        onChange={(event) => {
          setText(event.target.value)
          onText(event.target.value)
        }}
        onKeyDown={(event) => {
          if (event.key === 'Escape') event.currentTarget.blur()
        }}
      />
      <Kbd className="pointer-events-none absolute top-1/2 right-2 -translate-y-1/2 peer-focus:hidden">/</Kbd>
    </search>
  )
}
