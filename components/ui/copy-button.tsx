'use client'
import { Check, Copy } from 'lucide-react'
import { useState } from 'react'
import { Button } from '#components/ui/button.tsx'

export function CopyButton({ text, label }: { text: string; label: string }) {
  const [copied, setCopied] = useState(false)
  const copy = async () => {
    await navigator.clipboard.writeText(text)
    setCopied(true)
    setTimeout(() => setCopied(false), 1500)
  }
  return (
    <Button tone="ghost" size="sm" onClick={() => void copy()} aria-label={copied ? 'Copied' : label}>
      {copied ? <Check aria-hidden="true" /> : <Copy aria-hidden="true" />}
      {copied ? 'Copied' : 'Copy'}
    </Button>
  )
}
