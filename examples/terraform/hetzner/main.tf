# A VM at Hetzner Cloud. HCLOUD_TOKEN has the token of a project.

terraform {
  required_version = ">= 1.5"

  required_providers {
    hcloud = {
      source  = "hetznercloud/hcloud"
      version = "~> 1.56"
    }
  }
}

module "user_data" {
  source     = "../user-data"
  app        = var.app
  image      = var.image
  host       = var.host
  domain     = var.domain
  email      = var.email
  repository = var.repository
  branch     = var.branch
  releases   = var.releases
}

resource "hcloud_ssh_key" "operator" {
  name       = var.host
  public_key = var.ssh_public_key
}

resource "hcloud_firewall" "web" {
  name = "web-and-ssh"

  rule {
    direction  = "in"
    protocol   = "tcp"
    port       = "22"
    source_ips = var.ssh_from
  }

  dynamic "rule" {
    for_each = ["80", "443"]

    content {
      direction  = "in"
      protocol   = "tcp"
      port       = rule.value
      source_ips = ["0.0.0.0/0", "::/0"]
    }
  }
}

resource "hcloud_server" "vm" {
  name         = var.host
  server_type  = var.server_type
  location     = var.location
  image        = "debian-13"
  ssh_keys     = [hcloud_ssh_key.operator.id]
  firewall_ids = [hcloud_firewall.web.id]
  user_data    = module.user_data.text

  # it is read at the first boot alone: a change of it is no reason for another VM
  lifecycle {
    ignore_changes = [user_data]
  }
}

resource "hcloud_zone_rrset" "a" {
  for_each = toset(var.zone == "" ? [] : [var.host, var.domain])

  zone    = var.zone
  name    = trimsuffix(each.value, ".${var.zone}")
  type    = "A"
  ttl     = 300
  records = [{ value = hcloud_server.vm.ipv4_address }]
}

output "address" {
  description = "Both names need an A record with it"
  value       = hcloud_server.vm.ipv4_address
}
