using System.Text;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Storage;

namespace Cairn.Infra.Embedding;

/// <summary>A model behind OpenAI's interface for embeddings: of OpenAI, Azure OpenAI, Ollama and others. See ADR 0034.</summary>
public sealed class HttpEmbedder : IEmbedder, IDisposable
{
    private readonly EmbeddingOptions _options;
    private readonly EmbeddingRequests _requests;

    private HttpEmbedder(EmbeddingOptions options, TimeProvider time)
    {
        Model = options.Dimensions is { } dimensions ? $"{options.Model}/{dimensions}" : options.Model;
        (_options, _requests) = (options, new(options, time));
    }

    /// <inheritdoc/>
    public string Model { get; }

    /// <inheritdoc/>
    public int MaxTexts => _options.MaxTexts;

    /// <summary>Where requests go.</summary>
    public Uri Address => _requests.Address;

    /// <summary>Names a model, and asks nothing of it yet.</summary>
    /// <exception cref="CairnException">Invalid: the options name none; the message says what is wrong.</exception>
    public static HttpEmbedder Open(EmbeddingOptions options, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        if (options.Dimensions is < 1 or > Limits.VectorDimensions)
        {
            throw CairnException.Invalid(nameof(options.Dimensions), $"a vector has 1 to {Limits.VectorDimensions} components, and not {options.Dimensions}");
        }

        // Behind the name comes the number of components.
        if (string.IsNullOrWhiteSpace(options.Model) || Encoding.UTF8.GetByteCount(options.Model) > Limits.NameBytes - "/4096".Length || options.Model.Any(char.IsControl))
        {
            throw CairnException.Invalid(nameof(options.Model), $"the model is named by 1 to {Limits.NameBytes - "/4096".Length} bytes");
        }

        return new(options, time);
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<float[]?>> EmbedAsync(IReadOnlyList<ReadOnlyMemory<byte>> texts, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(texts);
        var vectors = new float[]?[texts.Count];
        string? refusal = null;
        for (var (first, count) = (0, 0); first < texts.Count; first += count)
        {
            count = FitsFrom(texts, first);
            refusal = await EmbedAsync(texts.Skip(first).Take(count).ToArray(), vectors.AsMemory(first, count), cancellationToken).ConfigureAwait(false) ?? refusal;
        }

        EmbeddingInstruments.Texts.Add(vectors.Count(static vector => vector is not null));
        return refusal is null || Array.Exists(vectors, static vector => vector is not null) ? vectors : throw CairnException.Invalid("texts", refusal);
    }

    /// <summary>Ends the connections; nothing may be under way.</summary>
    public void Dispose() => _requests.Dispose();

    private int FitsFrom(IReadOnlyList<ReadOnlyMemory<byte>> texts, int first)
    {
        var (count, bytes) = (1, texts[first].Length);
        while (first + count < texts.Count && count < _options.MaxTexts && bytes + texts[first + count].Length <= _options.MaxRequestBytes)
        {
            bytes += texts[first + count++].Length;
        }

        return count;
    }

    // A request that is refused is cut in halves, down to the texts that are to blame. Answers why one was, or null.
    private async ValueTask<string?> EmbedAsync(ReadOnlyMemory<ReadOnlyMemory<byte>> texts, Memory<float[]?> vectors, CancellationToken cancellationToken)
    {
        var answer = await _requests.PostAsync(EmbeddingJson.Request(_options, texts.Span), cancellationToken).ConfigureAwait(false);
        if (answer.Body is { } body)
        {
            EmbeddingJson.Read(body, texts.Length, _options.Dimensions).CopyTo(vectors.Span!);
            return null;
        }

        if (texts.Length == 1)
        {
            return answer.Refusal;
        }

        var half = texts.Length / 2;
        var first = await EmbedAsync(texts[..half], vectors[..half], cancellationToken).ConfigureAwait(false);
        return await EmbedAsync(texts[half..], vectors[half..], cancellationToken).ConfigureAwait(false) ?? first;
    }
}
