using ZImage.Engine.Downloads;

namespace ZImage.PowerShell.Cmdlets;

/// <summary>The catalogue of models that comes with the module.</summary>
internal static class ShippedCatalogue
{
    /// <exception cref="ModelCatalogueUnreadableException">The module is not complete.</exception>
    public static ModelCatalogue Current
        => ModelCatalogue.Load(Path.Combine(Path.GetDirectoryName(Path.GetDirectoryName(typeof(ShippedCatalogue).Assembly.Location))!, "catalogue.json"));
}
