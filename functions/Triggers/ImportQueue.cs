using System.Text.Json;
using Cairn.Functions.Hosting;
using Cairn.Functions.Imports;
using Cairn.Functions.Problems;
using Cairn.Primitives;

namespace Cairn.Functions.Triggers;

/// <summary>
/// Imports the files that messages of <c>cairn-import</c> name: events of Event Grid that a blob was put into the container, or messages of this service in the
/// same form, of which only <c>subject</c> counts. Any thread.
/// </summary>
internal sealed class ImportQueue(Service service, IngestQueue messages)
{
    public const string Function = "import";

    // Well within the function's own limit: whoever takes the message next goes on where this one has noted that it is.
    private static readonly TimeSpan Budget = TimeSpan.FromMinutes(8);

    private const string Containers = "/blobServices/default/containers/", Blobs = "/blobs/";

    /// <summary>The message that asks for a file.</summary>
    public static string Write(SpaceName space, string file) => JsonSerializer.Serialize(new Dictionary<string, string> { ["subject"] = $"{Containers}imports{Blobs}{space}/{file}" });

    /// <summary>Takes one delivery; never throws.</summary>
    public Task<Verdict> TakeAsync(Delivery delivery) => TriggerInstruments.CountAsync(delivery, TryAsync(delivery));

    private async Task<Verdict> TryAsync(Delivery delivery)
    {
        try
        {
            var (space, file) = Read(delivery.Text);
            using var limit = new CancellationTokenSource(Budget, service.Time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, service.Stopping);
            var imports = service.Imports ?? throw new CairnException(ErrorKind.Unavailable, "imports need the tables of the storage account, which its connection does not name");
            return await imports.Importer.RunAsync(space, file, either.Token) switch
            {
                ImportResult.Ended => Verdict.Applied,
                ImportResult.Nothing => Verdict.Duplicate,

                // The sweep goes on with what takes more than so many deliveries.
                _ => delivery.Count < Delivery.MaxCount ? Verdict.Later : Verdict.Applied,
            };
        }
        catch (OperationCanceledException)
        {
            return Verdict.Later;
        }
        catch (Exception failure)
        {
            return await messages.RefuseAsync(delivery, failure);
        }
    }

    private static (SpaceName Space, string File) Read(string text)
    {
        try
        {
            using var message = JsonDocument.Parse(MessageText.Decode(text));
            var subject = message.RootElement is { ValueKind: JsonValueKind.Object } root && root.TryGetProperty("subject", out var value) && value.ValueKind == JsonValueKind.String
                ? value.GetString()! : "";
            var blob = subject.IndexOf(Blobs, StringComparison.Ordinal) is >= 0 and var at && subject.StartsWith(Containers, StringComparison.Ordinal) ? subject[(at + Blobs.Length)..] : "";
            var slash = blob.IndexOf('/', StringComparison.Ordinal);
            return slash > 0 && slash < blob.Length - 1 && SpaceName.TryParse(blob[..slash], out var space)
                ? (space, blob[(slash + 1)..])
                : throw ProblemException.Of(ProblemKinds.Invalid, $"subject: names no blob {{space}}/{{name}}, as in {Containers}imports{Blobs}demo/memory.json");
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException)
        {
            throw ProblemException.Of(ProblemKinds.Syntax, $"the message is no event: {failure.Message}");
        }
    }
}
