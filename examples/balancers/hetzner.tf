# A Hetzner Load Balancer in front of several VMs. Written by the provider's documentation, and not tried at Hetzner.
# It ends TLS: on the VMs, nginx.site.trusted_proxies has the private network.

variable "network_id" { type = number }
variable "server_ids" { type = map(number) }
variable "domain" { type = string }

resource "hcloud_load_balancer" "api" {
  name               = "api"
  load_balancer_type = "lb11"
  location           = "nbg1"
}

resource "hcloud_load_balancer_network" "api" {
  load_balancer_id = hcloud_load_balancer.api.id
  network_id       = var.network_id
}

resource "hcloud_load_balancer_target" "vm" {
  for_each         = var.server_ids
  type             = "server"
  load_balancer_id = hcloud_load_balancer.api.id
  server_id        = each.value
  use_private_ip   = true
  depends_on       = [hcloud_load_balancer_network.api]
}

resource "hcloud_managed_certificate" "api" {
  name         = "api"
  domain_names = [var.domain]
}

resource "hcloud_load_balancer_service" "https" {
  load_balancer_id = hcloud_load_balancer.api.id
  protocol         = "https"
  listen_port      = 443
  destination_port = 80

  http {
    certificates  = [hcloud_managed_certificate.api.id]
    redirect_http = true
  }

  health_check {
    protocol = "http"
    port     = 80
    # drain_balancer of the app: at least interval × retries
    interval = 5
    timeout  = 3
    retries  = 2

    http {
      domain       = var.domain
      path         = "/.well-known/deploy-receiver/up/api"
      status_codes = ["200"]
    }
  }
}
