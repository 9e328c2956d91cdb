# The user data of ../../cloud-init with values of its own, for all providers.

variable "app" {
  description = "Name of the first app: small letters, digits and -"
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", var.app))
    error_message = "It is small letters, digits and -, like api."
  }
}

variable "image" {
  description = "Repository of its image, like ghcr.io/acme/api"
  type        = string
}

variable "host" {
  description = "Public name for hooks, like deploy.example.com"
  type        = string
}

variable "domain" {
  description = "Name for visitors of the app, like api.example.com"
  type        = string
}

variable "email" {
  description = "Whom the certificate authority writes to"
  type        = string
}

variable "repository" {
  description = "Repository on GitHub whose workflows deploy, like acme/api"
  type        = string
}

variable "branch" {
  description = "Branch whose pushes are deployed"
  type        = string
}

variable "registry" {
  description = "A line of registries: for a VM that its cloud knows, like acme.azurecr.io: { azure: true }"
  type        = string
  default     = ""
}

variable "releases" {
  description = "Where install.sh and the packages are"
  type        = string
}

locals {
  file = yamldecode(file("${path.module}/../../cloud-init/user-data.yaml"))

  settings = <<-EOT
    APP='${var.app}'
    IMAGE='${var.image}'
    HOST='${var.host}'
    DOMAIN='${var.domain}'
    EMAIL='${var.email}'
    REPOSITORY='${var.repository}'
    BRANCH='${var.branch}'
    REGISTRY='${var.registry}'
    RELEASES='${var.releases}'
  EOT

  files = [
    for each in local.file.write_files :
    endswith(each.path, ".settings") ? merge(each, { content = local.settings }) : each
  ]
}

output "text" {
  value = "#cloud-config\n${yamlencode(merge(local.file, { write_files = local.files }))}"

  precondition {
    condition     = !strcontains(join("", [var.image, var.host, var.domain, var.email, var.repository, var.branch, var.registry, var.releases]), "'")
    error_message = "The values are written for a shell in single quotes, and have none themselves."
  }
}
