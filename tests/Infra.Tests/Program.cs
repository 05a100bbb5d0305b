using Cairn.Infra.Tests.Crash;
using Cairn.Infra.Tests.Local;

// A test's child process, or the test runner.
return args switch
{
    [LogProcess.Verb, .. var rest] => await LogProcess.RunAsync(rest),
    [BurstProcess.Verb, .. var rest] => await BurstProcess.RunAsync(rest),
    _ => await Xunit.Runner.InProc.SystemConsole.ConsoleRunner.Run(args),
};
