using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Running;

// Debug is optimized too, so a quick run need not be a Release one; published numbers are.
var config = DefaultConfig.Instance.WithOptions(ConfigOptions.DisableOptimizationsValidator);
BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args, config);
