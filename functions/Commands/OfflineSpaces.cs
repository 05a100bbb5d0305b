using System.CommandLine;
using Cairn.Functions.Hosting;
using Cairn.Primitives;
using Cairn.Reconciliation;
using Cairn.Storage;

namespace Cairn.Functions.Commands;

/// <summary>What commands on spaces have in common that no server holds.</summary>
internal static class OfflineSpaces
{
    /// <summary>Adds a command that runs something on one space, or on all of them by name; it exits with 1 after a failure, which is told.</summary>
    public static RootCommand AddTo(
        RootCommand root, string name, string description, Func<ISpaceStore, SpaceRecord, EngineOptions, CancellationToken, Task> run)
    {
        var space = new Argument<string?>("space") { Description = "Its name. Default: all spaces", Arity = ArgumentArity.ZeroOrOne };
        var data = new Option<string?>("--data") { Description = "Folder of the data. Default: the storage account of AzureWebJobsStorage if that is set, CAIRN_DATA, ./.cairn" };
        var command = new Command(name, description) { space, data };
        command.SetAction((arguments, cancellationToken) => RunAsync(arguments.GetValue(data), arguments.GetValue(space), run, cancellationToken));
        root.Subcommands.Add(command);
        return root;
    }

    private static async Task<int> RunAsync(
        string? data, string? name, Func<ISpaceStore, SpaceRecord, EngineOptions, CancellationToken, Task> run, CancellationToken cancellationToken)
    {
        try
        {
            var settings = Settings.Read(null, data, Environment.GetEnvironmentVariable);
            if (settings.Azure is null && !Directory.Exists(settings.DataFolder))
            {
                throw new StartFailure($"there is no folder {settings.DataFolder}; --data or CAIRN_DATA names another");
            }

            var storage = ServerStorage.Open(settings);
            await using var store = storage.Store;
            foreach (var space in await FindAsync(store, name, storage.Description, cancellationToken))
            {
                await run(store, space, settings.Engine, cancellationToken);
            }

            return 0;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            await Console.Error.WriteLineAsync("cairn: stopped");
            return 1;
        }
        catch (Exception e) when (e is StartFailure or CairnException)
        {
            await Console.Error.WriteLineAsync($"cairn: {e.Message}");
            return 1;
        }
    }

    private static async Task<IReadOnlyList<SpaceRecord>> FindAsync(ISpaceStore store, string? name, string place, CancellationToken cancellationToken)
    {
        if (name is null)
        {
            return await store.ListAsync(cancellationToken);
        }

        return SpaceName.TryParse(name, out var parsed) && await store.FindAsync(parsed, cancellationToken) is { } space
            ? [space]
            : throw new StartFailure($"there is no space '{name}' in {place}");
    }
}
