# A VM at Azure with a managed identity, by which it pulls from ACR: there is no password to keep.

terraform {
  required_version = ">= 1.5"

  required_providers {
    azurerm = {
      source  = "hashicorp/azurerm"
      version = "~> 4.0"
    }
  }
}

provider "azurerm" {
  subscription_id = var.subscription_id

  features {}
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
  registry   = "${local.registry}"
}

locals {
  registry = var.acr == null ? "" : "${var.acr.name}.azurecr.io: { azure: true }"
}

resource "azurerm_resource_group" "vm" {
  name     = "deploy-receiver"
  location = var.location
}

resource "azurerm_virtual_network" "vm" {
  name                = "deploy-receiver"
  resource_group_name = azurerm_resource_group.vm.name
  location            = var.location
  # the receiver's own network is 10.213.0.0/20
  address_space = ["10.0.0.0/24"]
}

resource "azurerm_subnet" "vm" {
  name                 = "deploy-receiver"
  resource_group_name  = azurerm_resource_group.vm.name
  virtual_network_name = azurerm_virtual_network.vm.name
  address_prefixes     = ["10.0.0.0/24"]
}

resource "azurerm_public_ip" "vm" {
  name                = "deploy-receiver"
  resource_group_name = azurerm_resource_group.vm.name
  location            = var.location
  allocation_method   = "Static"
}

resource "azurerm_network_security_group" "vm" {
  name                = "deploy-receiver"
  resource_group_name = azurerm_resource_group.vm.name
  location            = var.location

  security_rule {
    name                       = "SSH"
    priority                   = 100
    direction                  = "Inbound"
    access                     = "Allow"
    protocol                   = "Tcp"
    source_port_range          = "*"
    destination_port_range     = "22"
    source_address_prefixes    = var.ssh_from
    destination_address_prefix = "*"
  }

  security_rule {
    name                       = "HTTP-and-HTTPS"
    priority                   = 110
    direction                  = "Inbound"
    access                     = "Allow"
    protocol                   = "Tcp"
    source_port_range          = "*"
    destination_port_ranges    = ["80", "443"]
    source_address_prefix      = "*"
    destination_address_prefix = "*"
  }
}

resource "azurerm_network_interface" "vm" {
  name                = "deploy-receiver"
  resource_group_name = azurerm_resource_group.vm.name
  location            = var.location

  ip_configuration {
    name                          = "public"
    subnet_id                     = azurerm_subnet.vm.id
    private_ip_address_allocation = "Dynamic"
    public_ip_address_id          = azurerm_public_ip.vm.id
  }
}

resource "azurerm_network_interface_security_group_association" "vm" {
  network_interface_id      = azurerm_network_interface.vm.id
  network_security_group_id = azurerm_network_security_group.vm.id
}

resource "azurerm_linux_virtual_machine" "vm" {
  name                  = "deploy-receiver"
  resource_group_name   = azurerm_resource_group.vm.name
  location              = var.location
  size                  = var.size
  admin_username        = "operator"
  network_interface_ids = [azurerm_network_interface.vm.id]
  custom_data           = base64encode(module.user_data.text)

  admin_ssh_key {
    username   = "operator"
    public_key = var.ssh_public_key
  }

  identity {
    type = "SystemAssigned"
  }

  os_disk {
    caching              = "ReadWrite"
    storage_account_type = "StandardSSD_LRS"
  }

  source_image_reference {
    publisher = "Canonical"
    offer     = "ubuntu-24_04-lts"
    sku       = "server"
    version   = "latest"
  }

  # user data is read at the first boot alone: a change of it is no reason for another VM
  lifecycle {
    ignore_changes = [custom_data]
  }
}

data "azurerm_container_registry" "image" {
  count               = var.acr == null ? 0 : 1
  name                = var.acr.name
  resource_group_name = var.acr.resource_group
}

resource "azurerm_role_assignment" "pull" {
  count                = var.acr == null ? 0 : 1
  scope                = data.azurerm_container_registry.image[0].id
  role_definition_name = "AcrPull"
  principal_id         = azurerm_linux_virtual_machine.vm.identity[0].principal_id
}

resource "azurerm_dns_a_record" "name" {
  for_each = toset(var.zone == null ? [] : [var.host, var.domain])

  name                = trimsuffix(each.value, ".${var.zone.name}")
  zone_name           = var.zone.name
  resource_group_name = var.zone.resource_group
  ttl                 = 300
  records             = [azurerm_public_ip.vm.ip_address]
}

output "address" {
  description = "Both names need an A record with it"
  value       = azurerm_public_ip.vm.ip_address
}
