using ZImage.Engine.Checkpoints;

namespace ZImage.Tests.Checkpoints;

public sealed class ModelFolderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void FilesAreFoundByTheirContents()
    {
        string transformer = _folder.Write("vae.gguf", SmallModels.Transformer());
        string textEncoder = _folder.Write("transformer.GGUF", SmallModels.TextEncoder());
        string autoencoder = _folder.Write("sub folder/qwen.gguf", SmallModels.Autoencoder());
        _folder.Write("readme.txt", [1, 2, 3]);
        _folder.Write("other.gguf", SmallModels.Write(writer => SmallModels.F32(writer, "x", 4)));
        _folder.Write("damaged.gguf", [1, 2, 3]);
        _folder.Write("sub folder/too/deep.gguf", SmallModels.Transformer());

        ModelFolder found = ModelFolder.Find(_folder.Path);

        Assert.Equal((transformer, textEncoder, autoencoder), (found.Transformer, found.TextEncoder, found.Autoencoder));
    }

    [Fact]
    public void AMissingComponentIsNamedWithWhatWasThere()
    {
        string transformer = _folder.Write("a.gguf", SmallModels.Transformer());
        string damaged = _folder.Write("b.gguf", SmallModels.TextEncoder()[..200]);

        ModelFolderIncompleteException fault = Assert.Throws<ModelFolderIncompleteException>(() => ModelFolder.Find(_folder.Path));

        Assert.Equal([ComponentKind.TextEncoder, ComponentKind.Autoencoder], fault.Missing);
        Assert.Contains($"'{transformer}' is a Z-Image transformer", fault.Message, StringComparison.Ordinal);
        Assert.Contains($"'{damaged}' cannot be used: it ends after 200 bytes", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void SeveralCandidatesAreAllNamed()
    {
        _folder.Write("te.gguf", SmallModels.TextEncoder());
        _folder.Write("ae.gguf", SmallModels.Autoencoder());
        string first = _folder.Write("dit-q4.gguf", SmallModels.Transformer());
        string second = _folder.Write("dit-q8.gguf", SmallModels.Transformer("model.diffusion_model."));

        ModelFolderAmbiguousException fault = Assert.Throws<ModelFolderAmbiguousException>(() => ModelFolder.Find(_folder.Path));

        Assert.Equal([ComponentKind.Transformer], fault.Candidates.Keys);
        Assert.Equal([first, second], fault.Candidates[ComponentKind.Transformer]);
        Assert.Contains(first, fault.Message, StringComparison.Ordinal);
        Assert.Contains(second, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AnEmptyFolderLacksAllThree()
        => Assert.Equal(ComponentKinds.All, Assert.Throws<ModelFolderIncompleteException>(() => ModelFolder.Find(_folder.Path)).Missing);

    [Fact]
    public void AFolderThatIsNotThere()
    {
        Assert.Throws<ModelFileNotFoundException>(() => ModelFolder.Find(Path.Combine(_folder.Path, "no")));
        Assert.Throws<ModelFileNotFoundException>(() => ModelFolder.Find(_folder.Write("file.gguf", SmallModels.Transformer())));
    }
}
