import { answerJson, bodyOf, serve } from './loopback.ts'

export interface SmallGithub {
  api: string
  /** What came, as `POST /repos/acme/hello/deployments`, and its body. */
  heard: { asked: string; body: unknown }[]
  /** Ids of the deployments that are there. */
  deployments: Set<number>
  comments: { id: number; body: string }[]
}

/**
 * Stands in for what GitHub's REST API keeps of a repository: deployments, and the comments on pull request 42, of which a page has two
 * (docs.github.com, "REST API endpoints for deployments", "… for issue comments").
 * @param refuses what it does not let the token do, by how a request begins
 */
export async function startGithub({
  refuses = [] as readonly string[],
} = {}): Promise<SmallGithub> {
  const heard: SmallGithub['heard'] = []
  const deployments = new Set<number>()
  let newest = 40
  const comments: SmallGithub['comments'] = []
  const answers: [RegExp, (id: number, body: Record<string, unknown>) => [number, unknown]][] = [
    [
      /^POST \/repos\/acme\/hello\/deployments$/,
      () => {
        newest += 1
        deployments.add(newest)
        return [201, { id: newest }]
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
    [
      /^GET \/repos\/acme\/hello\/issues\/42\/comments(?:\?page=(\d+))?$/,
      (page) => [200, comments.slice(((page || 1) - 1) * 2, (page || 1) * 2)],
    ],
    [
      /^POST \/repos\/acme\/hello\/issues\/42\/comments$/,
      (_, { body }) => [201, comments.push({ id: 100 + comments.length, body: String(body) })],
    ],
    [
      /^PATCH \/repos\/acme\/hello\/issues\/comments\/(\d+)$/,
      (id, { body }) => [
        200,
        Object.assign(comments.find((each) => each.id === id) ?? {}, { body }),
      ],
    ],
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
      const id = Number(pattern.exec(asked)?.[1])
      const [status, said] = answer(id, body)
      if (pattern.source.includes('page=') && comments.length > (id || 1) * 2) {
        const next = `http://${request.headers.host}/repos/acme/hello/issues/42/comments?page=${(id || 1) + 1}`
        response.setHeader('link', `<${next}>; rel="next"`)
      }
      if (status === 204) return response.writeHead(204).end()
      answerJson(response, status, said)
    })
  })
  return { api, heard, deployments, comments }
}
