// A plugin of Stryker, which all of its processes load: one that runs a fault without end would outlive a run that is killed.
process.once('disconnect', () => process.exit())

export const strykerPlugins = []
