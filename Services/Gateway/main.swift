import Service

ServiceMain.run("gateway") { context in try openGateway(context) }
