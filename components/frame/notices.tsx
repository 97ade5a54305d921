'use client'
import { CircleAlert, CircleCheck, X } from 'lucide-react'
import { createContext, type ReactNode, useCallback, useContext, useMemo, useState } from 'react'
import { Button } from '#components/ui/button.tsx'

interface Notice {
  id: number
  tone: 'done' | 'failed'
  text: string
  detail?: string | undefined
}

interface Notices {
  done(text: string): void
  failed(text: string, detail?: string): void
}

const context = createContext<Notices>({ done: () => {}, failed: () => {} })

/** Says what happened after an action. Successes leave by themselves; failures stay until they are dismissed. */
export const useNotices = (): Notices => useContext(context)

let next = 0

export function NoticeProvider({ children }: { children: ReactNode }) {
  const [notices, setNotices] = useState<Notice[]>([])
  const dismiss = useCallback((id: number) => setNotices((all) => all.filter((each) => each.id !== id)), [])
  const value = useMemo<Notices>(() => {
    const add = (notice: Omit<Notice, 'id'>) => {
      const id = ++next
      setNotices((all) => [...all.slice(-3), { ...notice, id }])
      if (notice.tone === 'done') setTimeout(() => dismiss(id), 6000)
    }
    return {
      done: (text) => add({ tone: 'done', text }),
      failed: (text, detail) => add({ tone: 'failed', text, detail }),
    }
  }, [dismiss])
  return (
    <context.Provider value={value}>
      {children}
      <section
        aria-label="Notices"
        aria-live="polite"
        className="pointer-events-none fixed right-4 bottom-20 z-50 flex w-[min(380px,calc(100vw-32px))] flex-col gap-2 md:bottom-4"
      >
        {notices.map((notice) => {
          const Icon = notice.tone === 'done' ? CircleCheck : CircleAlert
          return (
            <div
              key={notice.id}
              className="rise pointer-events-auto flex gap-2.5 rounded-md bg-surface p-3 shadow-float"
            >
              <Icon
                aria-hidden="true"
                className={`mt-0.5 size-4 shrink-0 ${notice.tone === 'done' ? 'text-running' : 'text-failed'}`}
              />
              <div className="min-w-0 flex-1 break-words">
                <p className="font-medium">{notice.text}</p>
                {notice.detail && <p className="text-ink-soft">{notice.detail}</p>}
              </div>
              <Button
                tone="ghost"
                size="sm"
                aria-label="Dismiss"
                onClick={() => dismiss(notice.id)}
                className="-m-1 size-7 p-0"
              >
                <X aria-hidden="true" />
              </Button>
            </div>
          )
        })}
      </section>
    </context.Provider>
  )
}
