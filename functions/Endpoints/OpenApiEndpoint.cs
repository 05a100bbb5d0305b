using Cairn.Functions.Routing;

namespace Cairn.Functions.Endpoints;

/// <summary>/openapi.json: the contract as a document, kept in the executable.</summary>
internal static class OpenApiEndpoint
{
    public const string Resource = "openapi.json";

    private static readonly byte[] Document = Read();

    public static readonly Route[] Routes = [new("GET", "/openapi.json", GetAsync)];

    private static async Task GetAsync(Call call)
    {
        call.Response.ContentType = Answers.MediaTypes.Json;
        call.Response.ContentLength = Document.Length;
        await call.Response.Body.WriteAsync(Document, call.Aborted);
    }

    private static byte[] Read()
    {
        using var stream = typeof(OpenApiEndpoint).Assembly.GetManifestResourceStream(Resource)!;
        var document = new byte[stream.Length];
        stream.ReadExactly(document);
        return document;
    }
}
