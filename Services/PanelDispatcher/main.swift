import Service

ServiceMain.run("panel-dispatcher") { context in try dispatch(context) }
