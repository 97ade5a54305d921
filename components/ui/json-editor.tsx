'use client'
import { useEffect, useRef } from 'react'
import type { TextEditor } from '#components/ui/create-json-editor.ts'

/** A JSON text with line numbers and marks where it is wrong. Loaded when it is first shown; Escape then Tab leaves it. */
export function JsonEditor({
  value,
  onChange,
  label,
}: {
  value: string
  /** Absent: the text can only be read. */
  onChange?: (text: string) => void
  label: string
}) {
  const host = useRef<HTMLDivElement>(null)
  const editor = useRef<TextEditor | null>(null)
  const latest = useRef({ value, onChange })
  latest.current = { value, onChange }

  useEffect(() => {
    let gone = false
    void import('#components/ui/create-json-editor.ts').then(({ createJsonEditor }) => {
      if (gone || !host.current) return
      editor.current = createJsonEditor(host.current, {
        text: latest.current.value,
        label,
        readOnly: latest.current.onChange === undefined,
        onChange: (text) => latest.current.onChange?.(text),
      })
    })
    return () => {
      gone = true
      editor.current?.destroy()
      editor.current = null
    }
  }, [label])

  useEffect(() => {
    editor.current?.setText(value)
  }, [value])

  return <div ref={host} className="h-full min-h-64" />
}
