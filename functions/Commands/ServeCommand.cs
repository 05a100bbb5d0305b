using System.CommandLine;
using Cairn.Functions.Hosting;
using Cairn.Functions.Telemetry;
using Cairn.Primitives;

namespace Cairn.Functions.Commands;

/// <summary>What the executable does without a subcommand: serve until it is told to stop.</summary>
internal static class ServeCommand
{
    private static readonly Option<string?> Urls = new("--urls")
    {
        Description = $"Addresses to listen on, separated by semicolons. Default: CAIRN_URLS, ASPNETCORE_URLS, {ServerOptions.DefaultUrl}",
    };

    private static readonly Option<string?> Data = new("--data") { Description = "Folder of the data. Default: the storage account of AzureWebJobsStorage if that is set, CAIRN_DATA, ./.cairn" };

    public static RootCommand AddTo(RootCommand root)
    {
        root.Options.Add(Urls);
        root.Options.Add(Data);
        root.SetAction((arguments, cancellationToken) => RunAsync(arguments.GetValue(Urls), arguments.GetValue(Data), cancellationToken));
        return root;
    }

    private static async Task<int> RunAsync(string? urls, string? data, CancellationToken cancellationToken)
    {
        try
        {
            var options = Settings.Read(urls, data, Environment.GetEnvironmentVariable);
            using var telemetry = TelemetryExport.Start(Environment.GetEnvironmentVariable);
            await using var server = await CairnServer.StartAsync(options, cancellationToken);
            Console.WriteLine($"Cairn {ProductVersion.Text} listens on {string.Join(", ", server.Addresses)}, data in {server.Service.Storage!.Description}");
            if (!server.Service.Gate.Asks)
            {
                Console.WriteLine("No key is asked for: whoever can reach this address may read and change everything. CAIRN_REQUIRE_KEYS=true, CAIRN_API_KEY or a first key ('keys create') changes that.");
            }

            await server.WaitForShutdownAsync(cancellationToken);
            return 0;
        }
        catch (Exception e) when (e is StartFailure or CairnException)
        {
            await Console.Error.WriteLineAsync($"cairn: {e.Message}");
            return 1;
        }
    }
}
