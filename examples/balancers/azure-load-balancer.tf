# An Azure Load Balancer in front of several VMs. Written by the provider's documentation, and not tried at Azure.
# It passes TCP on, so each VM has the certificate; its probe is plain HTTP to the VM's address, from 168.63.129.16.
# Certificates of Let's Encrypt need more thought here: the CA's question may come to any of the VMs. Use tls: { certificate, key }.

variable "resource_group" { type = string }
variable "location" { type = string }

variable "network_interface_ids" {
  type        = map(string)
  description = "Network interfaces of the VMs by name; their security group lets 80 and 443 in, from everywhere and from AzureLoadBalancer"
}

resource "azurerm_public_ip" "balancer" {
  name                = "api-balancer"
  resource_group_name = var.resource_group
  location            = var.location
  allocation_method   = "Static"
  sku                 = "Standard"
}

resource "azurerm_lb" "api" {
  name                = "api"
  resource_group_name = var.resource_group
  location            = var.location
  sku                 = "Standard"

  frontend_ip_configuration {
    name                 = "public"
    public_ip_address_id = azurerm_public_ip.balancer.id
  }
}

resource "azurerm_lb_backend_address_pool" "vms" {
  name            = "vms"
  loadbalancer_id = azurerm_lb.api.id
}

resource "azurerm_network_interface_backend_address_pool_association" "vm" {
  for_each                = var.network_interface_ids
  network_interface_id    = each.value
  ip_configuration_name   = "internal"
  backend_address_pool_id = azurerm_lb_backend_address_pool.vms.id
}

resource "azurerm_lb_probe" "up" {
  name            = "up"
  loadbalancer_id = azurerm_lb.api.id
  protocol        = "Http"
  port            = 80
  request_path    = "/.well-known/deploy-receiver/up/api"
  # drain_balancer of the app: at least interval × threshold
  interval_in_seconds = 5
  probe_threshold     = 2
}

resource "azurerm_lb_rule" "web" {
  for_each                       = { http = 80, https = 443 }
  name                           = each.key
  loadbalancer_id                = azurerm_lb.api.id
  protocol                       = "Tcp"
  frontend_port                  = each.value
  backend_port                   = each.value
  frontend_ip_configuration_name = "public"
  backend_address_pool_ids       = [azurerm_lb_backend_address_pool.vms.id]
  probe_id                       = azurerm_lb_probe.up.id
  idle_timeout_in_minutes        = 30
}
