using Cairn.Infra.Tests.Local;

// A test's child process, or the test runner.
return args switch
{
    [LogProcess.Verb, .. var rest] => await LogProcess.RunAsync(rest),
    _ when args.Contains("--server") || args.Contains("--internal-msbuild-node") =>
        await Xunit.MicrosoftTestingPlatform.TestPlatformTestFramework.RunAsync(args, Cairn.Infra.Tests.SelfRegisteredExtensions.AddSelfRegisteredExtensions),
    _ => await Xunit.Runner.InProc.SystemConsole.ConsoleRunner.Run(args),
};
