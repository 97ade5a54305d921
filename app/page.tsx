import { redirect } from 'next/navigation'
import { paths } from '#components/frame/paths.ts'

/** Every page belongs to a cluster; the one that `npm start` runs is called local. */
export default function Page() {
  redirect(paths.home('local'))
}
