import { answerJson, bodyOf, serve } from './loopback.ts'

export interface SmallGithub {
  api: string
  /** What came, as `POST /repos/acme/hello/deployments`, and its body. */
  heard: { asked: string; body: unknown }[]
  /** Ids of the deployments that are there. */
  deployments: Set<number>
}

/**
 * Stands in for what GitHub's REST API keeps of a repository: deployments (docs.github.com, "REST API endpoints for deployments").
 * @param refuses what it does not let the token do, by how a request begins
 */
export async function startGithub({
  refuses = [] as readonly string[],
} = {}): Promise<SmallGithub> {
  const heard: SmallGithub['heard'] = []
  const deployments = new Set<number>()
  const answers: [RegExp, (id: number, body: Record<string, unknown>) => [number, unknown]][] = [
    [
      /^POST \/repos\/acme\/hello\/deployments$/,
      () => {
        const id = 40 + heard.length
        deployments.add(id)
        return [201, { id }]
      },
    ],
    [
      /^GET \/repos\/acme\/hello\/deployments\?/,
      () => [200, [...deployments].map((id) => ({ id }))],
    ],
    [/^POST \/repos\/acme\/hello\/deployments\/(\d+)\/statuses$/, () => [201, {}]],
    [
      /^DELETE \/repos\/acme\/hello\/deployments\/(\d+)$/,
      (id) => [deployments.delete(id) ? 204 : 404, undefined],
    ],
    [/^DELETE \/repos\/acme\/hello\/environments\//, () => [204, undefined]],
  ]
  const api = await serve((request, response) => {
    void bodyOf(request).then((text) => {
      const asked = `${request.method} ${request.url}`
      const body = (text === '' ? {} : JSON.parse(text)) as Record<string, unknown>
      heard.push({ asked, body })
      const refused = refuses.some((start) => asked.startsWith(start))
      const [pattern, answer] = answers.find(([known]) => known.test(asked)) ?? []
      if (refused || pattern === undefined || answer === undefined) {
        return answerJson(response, 403, { message: 'Resource not accessible by integration' })
      }
      const [status, said] = answer(Number(pattern.exec(asked)?.[1]), body)
      if (status === 204) return response.writeHead(204).end()
      answerJson(response, status, said)
    })
  })
  return { api, heard, deployments }
}
