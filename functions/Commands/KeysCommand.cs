using System.CommandLine;
using System.Globalization;
using Cairn.Functions.Hosting;
using Cairn.Functions.Json;
using Cairn.Functions.Keys;
using Cairn.Primitives;
using Cairn.Storage;

namespace Cairn.Functions.Commands;

/// <summary>
/// <c>keys create|list|revoke</c>: works on the tables themselves, of a folder or of a storage account, also while servers run; those notice within
/// <see cref="KeyCache.TimeToLive"/>. Whoever may write there may do so: it asks for no key.
/// </summary>
internal static class KeysCommand
{
    private const int PageSize = 100;

    private static readonly Option<string?> Data = new("--data") { Description = "Folder of the data. Default: the storage account of AzureWebJobsStorage if that is set, CAIRN_DATA, ./.cairn" };

    public static RootCommand AddTo(RootCommand root)
    {
        root.Subcommands.Add(new Command("keys", "Make, list and revoke the keys that callers need. Works while a server runs.") { Create(), List(), Revoke() });
        return root;
    }

    private static Command Create()
    {
        var name = new Option<string>("--name") { Description = "What people call it", Required = true };
        var spaces = new Option<string>("--spaces") { Description = "Spaces, separated by commas: names, prefixes such as acme-*, or * for all", DefaultValueFactory = static _ => "*" };
        var scope = new Option<string>("--scope") { Description = "read, write or admin, each with those before it", DefaultValueFactory = static _ => "read" };
        var expires = new Option<string?>("--expires") { Description = "When it ends: an instant, or a duration from now such as P90D. Default: never" };
        var ifNone = new Option<bool>("--if-none") { Description = "Make it only if there is no key yet" };
        var command = new Command("create", "Make a key, and print it: it is shown this once.") { name, spaces, scope, expires, ifNone, Data };
        command.SetAction((arguments, cancellationToken) => RunAsync(arguments.GetValue(Data), async keys =>
        {
            if (arguments.GetValue(ifNone) && await keys.AnyAsync(cancellationToken))
            {
                await Console.Error.WriteLineAsync("cairn: there is a key already: none was made");
                return;
            }

            var (record, text) = await keys.CreateAsync(
                NameOf(arguments.GetValue(name)!), SpacesOf(arguments.GetValue(spaces)!), ScopeOf(arguments.GetValue(scope)!),
                InstantOf(arguments.GetValue(expires), keys.Now), cancellationToken);
            await Console.Error.WriteLineAsync($"cairn: made key {record.Id}; it is shown this once:");
            Console.WriteLine(text);
        }));
        return command;
    }

    private static Command List()
    {
        var command = new Command("list", "List the keys; never their secrets.") { Data };
        command.SetAction((arguments, cancellationToken) => RunAsync(arguments.GetValue(Data), async keys =>
        {
            Console.WriteLine("id\tscope\tspaces\texpires\tlast used\tname");
            IReadOnlyList<KeyRecord> page;
            string? after = null;
            do
            {
                page = await keys.ListAsync(after, PageSize, cancellationToken);
                foreach (var key in page)
                {
                    Console.WriteLine(string.Create(
                        CultureInfo.InvariantCulture,
                        $"{key.Id}\t{ScopeWords.Of(key.Scope)}\t{string.Join(',', key.Spaces)}\t{Show(key.ExpiresAt)}\t{Show(key.UsedAt)}\t{key.Name}"));
                }

                after = page.Count > 0 ? page[^1].Id : null;
            }
            while (page.Count == PageSize);
        }));
        return command;
    }

    private static Command Revoke()
    {
        var id = new Argument<string>("id") { Description = "The key's id: what stands between the two '_' of its text" };
        var command = new Command("revoke", "Revoke a key. Running servers refuse it within 30 seconds.") { id, Data };
        command.SetAction((arguments, cancellationToken) => RunAsync(arguments.GetValue(Data), async keys =>
        {
            var wanted = arguments.GetValue(id)!;
            if (!ApiKey.IsId(wanted) || !await keys.RevokeAsync(wanted, cancellationToken))
            {
                throw new StartFailure($"there is no key '{wanted}'; 'keys list' shows the ids");
            }

            Console.WriteLine($"revoked {wanted}; running servers refuse it within {KeyCache.TimeToLive.TotalSeconds:0} seconds");
        }));
        return command;
    }

    private static async Task<int> RunAsync(string? data, Func<KeyRegistry, Task> run)
    {
        try
        {
            await using var tables = ServerStorage.OpenTables(Settings.Read(null, data, Environment.GetEnvironmentVariable))
                ?? throw new StartFailure("AzureWebJobsStorage names no table service, where keys would be kept: add TableEndpoint to it");
            await run(new(tables, TimeProvider.System));
            return 0;
        }
        catch (Exception e) when (e is StartFailure or CairnException)
        {
            await Console.Error.WriteLineAsync($"cairn: {e.Message}");
            return 1;
        }
    }

    private static string NameOf(string name) => name.Length is > 0 and <= KeyRecord.MaxNameLength && !name.Any(char.IsControl)
        ? name
        : throw new StartFailure($"--name: 1 to {KeyRecord.MaxNameLength} characters, none of them a control character");

    private static SpacePattern[] SpacesOf(string text)
    {
        var spaces = text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Select(each => SpacePattern.TryParse(each, out var pattern) ? pattern : throw new StartFailure($"--spaces: '{each}' is no space, prefix such as acme-*, or *"))
            .ToArray();
        return spaces.Length is > 0 and <= KeyRecord.MaxSpaces ? spaces : throw new StartFailure($"--spaces: 1 to {KeyRecord.MaxSpaces} of them");
    }

    private static AccessScope ScopeOf(string word) =>
        ScopeWords.TryParse(word, out var scope) ? scope : throw new StartFailure($"--scope is '{word}'; it takes {string.Join(", ", ScopeWords.All)}");

    private static Timestamp? InstantOf(string? text, Timestamp now)
    {
        if (text is null)
        {
            return null;
        }

        var instant = DurationText.TryParse(text, out var span) ? now.Plus(span)
            : Timestamp.TryParse(text, out var given) ? given
            : throw new StartFailure($"--expires is '{text}'; it takes an instant such as 2026-12-31T00:00:00Z or a duration such as P90D");
        return instant > now ? instant : throw new StartFailure($"--expires: {instant} is over already");
    }

    private static string Show(Timestamp? instant) => instant?.ToString() ?? "never";
}
